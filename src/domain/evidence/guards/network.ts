import type { KubernetesObject } from "../../kubernetes-object.ts";
import { isNetworkPolicyOfPlugin } from "../../plan/others/not-judged.ts";
import { nameOf } from "../../plan/others/interference.ts";

/** Whether a policy limits what pods of a namespace may connect to. */
export type NetworkGuard =
  | { readonly kind: "limited" }
  | { readonly kind: "none" }
  /** `why`: one clause each. */
  | { readonly kind: "unclear"; readonly why: readonly string[] };

export interface NetworkInput {
  readonly namespace: string;
  /** NetworkPolicies, and those of network plugins, of every namespace. */
  readonly objects: readonly KubernetesObject[];
  /** Kinds of these that may not be listed. */
  readonly unseen: readonly string[];
}

/**
 * A NetworkPolicy about egress counts; those of plugins are found, and not judged. Where nothing counts and something may
 * be there, nothing is known. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function judgeNetwork({ namespace, objects, unseen }: NetworkInput): NetworkGuard {
  const near = objects.filter(
    ({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace,
  );
  if (near.some(({ kind, spec }) => kind === "NetworkPolicy" && isAboutEgress(spec)))
    return { kind: "limited" };
  const why = [
    ...near
      .filter(isNetworkPolicyOfPlugin)
      .map((each) => `${nameOf(each)} is there, and is not judged`),
    ...(unseen.length === 0 ? [] : [`the worker may not list ${unseen.join(", ")}`]),
  ];
  return why.length === 0 ? { kind: "none" } : { kind: "unclear", why };
}

/** Without `policyTypes` one with rules for egress is about it. */
function isAboutEgress(spec: KubernetesObject["spec"]): boolean {
  const types = spec?.["policyTypes"];
  return Array.isArray(types) ? types.includes("Egress") : spec?.["egress"] !== undefined;
}
