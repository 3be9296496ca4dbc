import type { KubernetesObject } from "../../kubernetes-object.ts";
import { isNetworkPolicyOfPlugin } from "../../plan/others/not-judged.ts";
import { type DroppingInput, droppingPolicies } from "./dropping.ts";
import { nameOf } from "../../plan/others/interference.ts";

/** Whether a policy limits what pods of a namespace may connect to. */
export type NetworkGuard =
  | {
      readonly kind: "limited";
      /** Names of those that drop what a pod without sidecar sends to the destination, for certain. */
      readonly dropping: readonly string[];
    }
  | { readonly kind: "none" }
  /** `why`: one clause each. */
  | { readonly kind: "unclear"; readonly why: readonly string[] };

export interface NetworkInput {
  readonly namespace: string;
  /** NetworkPolicies, and those of network plugins, of every namespace. */
  readonly objects: readonly KubernetesObject[];
  /** Kinds of these that may not be listed. */
  readonly unseen: readonly string[];
  /** What a pod without sidecar asks for, and its labels. */
  readonly asked: Omit<DroppingInput, "namespace" | "objects">;
}

/**
 * A NetworkPolicy about egress counts; those of plugins are found, and not judged. Where nothing counts and something may
 * be there, nothing is known; and none is said to drop anything where a plugin's policy may let it through.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/ , https://docs.cilium.io/en/stable/security/policy/intro/ ,
 * https://docs.tigera.io/calico/latest/network-policy/get-started/calico-policy/calico-network-policy
 */
export function judgeNetwork({ namespace, objects, unseen, asked }: NetworkInput): NetworkGuard {
  const near = objects.filter(
    ({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace,
  );
  // A plugin adds up what its own policies allow with what these do, or asks its own first.
  const isWhole = unseen.length === 0 && !near.some(isNetworkPolicyOfPlugin);
  if (near.some(({ kind, spec }) => kind === "NetworkPolicy" && isAboutEgress(spec)))
    return {
      kind: "limited",
      dropping: isWhole ? droppingPolicies({ ...asked, namespace, objects }) : [],
    };
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
