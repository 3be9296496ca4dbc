import { isRecord, listOf } from "../../json.ts";
import { ROOT_NAMESPACE } from "../../kubernetes/needed-pods.ts";
import {
  apiVersionOf,
  INSTANCE_LABEL,
  type KubernetesObject,
  ownLabels,
} from "../../kubernetes-object.ts";
import { type OutboundPolicy, policyOfSidecar } from "../../plan/ways-out/outbound-policy.ts";
import { sidecarsOf } from "../../plan/ways-out/sidecar-scope.ts";
import type { Closable, Work } from "./next-closing.ts";

/** Of Sallyport's own Sidecar, one in a namespace. No lane deletes it: a person does. */
export const SIDECAR_NAME = "sallyport-registry-only";

export interface NamespaceSight {
  readonly instance: string;
  readonly namespace: string;
  /** It exists, and is not being deleted. */
  readonly isThere: boolean;
  /** What becomes in its pods of what has no entry. */
  readonly outbound: OutboundPolicy;
  /** Of every namespace. */
  readonly sidecars: readonly KubernetesObject[];
}

/** What the namespace needs, to refuse what has no entry. */
export function namespaceClosable(sight: NamespaceSight): Closable {
  return {
    step: { kind: "sidecar", target: sight.namespace, spec: {} },
    work: workOf(sight),
  };
}

/**
 * For every pod of the namespace that no other Sidecar selects: all that is shown to it stays visible.
 * https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function registryOnlySidecar(instance: string, namespace: string): KubernetesObject {
  return {
    apiVersion: apiVersionOf("Sidecar"),
    kind: "Sidecar",
    metadata: { name: SIDECAR_NAME, namespace, labels: ownLabels(instance) },
    spec: {
      egress: [{ hosts: ["*/*"] }],
      outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
    },
  };
}

/** What its owner writes. */
const LINE = "outboundTrafficPolicy: {mode: REGISTRY_ONLY}";

function workOf(sight: NamespaceSight): Work {
  const { instance, namespace, isThere, outbound, sidecars } = sight;
  if (!isThere)
    return {
      kind: "stays",
      why: `there is no namespace ${namespace} in the cluster`,
      fix: "make it, then ask again",
    };
  if (outbound.mode === "REGISTRY_ONLY") return { kind: "closed" };
  const general = sidecarsOf(namespace, sidecars);
  const [own] = general.filter(({ metadata }) => metadata.namespace === namespace);
  if (own !== undefined) return inItsNamespace(own, instance);
  const root = general.find((each) => !isPlain(each));
  if (root !== undefined)
    return {
      kind: "stays",
      why: `Sidecar ${ROOT_NAMESPACE}/${root.metadata.name} counts for its pods, and sets more than what becomes of what has no entry: one of Sallyport's in its place would undo that`,
      fix: `whoever keeps that Sidecar writes one for namespace ${namespace} that says the same, with the line \`${LINE}\` in its spec`,
    };
  const taken = sidecars.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === SIDECAR_NAME,
  );
  if (taken !== undefined)
    return {
      kind: "stays",
      why: `somebody else's Sidecar ${namespace}/${SIDECAR_NAME} has the name of Sallyport's, and is for some pods alone`,
      fix: "whoever made it gives it another name, then ask again",
    };
  return {
    kind: "write",
    write: { kind: "sidecar", object: registryOnlySidecar(instance, namespace) },
  };
}

function inItsNamespace({ metadata }: KubernetesObject, instance: string): Work {
  const name = `Sidecar ${metadata.namespace}/${metadata.name}`;
  if (metadata.labels?.[INSTANCE_LABEL] === instance)
    return {
      kind: "stays",
      why: `${name} is Sallyport's own, and somebody changed it`,
      fix: `delete it (\`kubectl delete sidecar ${metadata.name} -n ${metadata.namespace}\`), then ask again`,
    };
  return {
    kind: "stays",
    why: `${name} decides for its pods, and is somebody else's: Sallyport changes no object of others`,
    fix: `its owner writes the line \`${LINE}\` into its spec, in place of the policy it has: no order is needed then`,
  };
}

/** It hides nothing and sets nothing but the policy. */
function isPlain({ spec = {} }: KubernetesObject): boolean {
  const { egress, outboundTrafficPolicy: policy = {}, ...others } = spec;
  const listeners = listOf(egress);
  const isAll = listeners.every((each) => {
    if (!isRecord(each)) return false;
    const { hosts, ...rest } = each;
    return Object.keys(rest).length === 0 && listOf(hosts).includes("*/*");
  });
  return (
    Object.keys(others).length === 0 &&
    (egress === undefined || (listeners.length > 0 && isAll)) &&
    isRecord(policy) &&
    Object.keys(policy).every((key) => key === "mode")
  );
}

/**
 * Sidecars that go on letting out what has no entry: for pods they select; where the mesh is closed, also for a whole
 * namespace. `only`: of this namespace, and selecting.
 */
export function staysOpen(sidecars: readonly KubernetesObject[], only?: string): readonly string[] {
  return sidecars
    .filter((each) => policyOfSidecar(each) === "ALLOW_ANY")
    .filter(
      ({ metadata, spec }) =>
        only === undefined ||
        (metadata.namespace === only && spec?.["workloadSelector"] !== undefined),
    )
    .map(({ metadata, spec }) => {
      const whose =
        spec?.["workloadSelector"] === undefined
          ? metadata.namespace === ROOT_NAMESPACE
            ? "pods of every namespace without a Sidecar of its own"
            : `pods of namespace ${metadata.namespace}`
          : "the pods it selects";
      return `Sidecar ${metadata.namespace}/${metadata.name} is ALLOW_ANY for ${whose}`;
    })
    .toSorted();
}
