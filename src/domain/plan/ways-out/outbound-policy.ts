import { isRecord, type JsonRecord } from "../../json.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { sidecarsOf } from "./sidecar-scope.ts";

/** `REGISTRY_ONLY`: what has no entry is refused; `ALLOW_ANY`: it leaves directly. */
export type MeshMode = "REGISTRY_ONLY" | "ALLOW_ANY" | "unknown";

export interface OutboundPolicy {
  readonly mode: MeshMode;
  /** The Sidecar that says so in the mesh configuration's place, as `namespace/name`. */
  readonly sidecar?: string;
}

/**
 * What becomes, in pods of a namespace, of what has no entry. The Sidecar that counts for them decides where it has a
 * policy, else the mesh; of several the one that lets most out.
 * https://istio.io/latest/docs/reference/config/networking/sidecar/#Sidecar
 */
export function outboundPolicy(
  namespace: string,
  { sidecars, mesh }: { readonly sidecars: readonly KubernetesObject[]; readonly mesh: MeshMode },
): OutboundPolicy {
  const all = sidecarsOf(namespace, sidecars).map((sidecar) => ofSidecar(sidecar, mesh));
  const letting = MOST_FIRST.map((mode) => all.find((each) => each.mode === mode));
  return letting.find((each) => each !== undefined) ?? { mode: mesh };
}

const MOST_FIRST = ["ALLOW_ANY", "unknown", "REGISTRY_ONLY"] as const;

function ofSidecar(sidecar: KubernetesObject, mesh: MeshMode): OutboundPolicy {
  const mode = policyOfSidecar(sidecar);
  const { namespace, name } = sidecar.metadata;
  return mode === undefined ? { mode: mesh } : { mode, sidecar: `${namespace}/${name}` };
}

/** What a Sidecar says itself; undefined where it leaves that to the mesh. */
export function policyOfSidecar({ spec }: KubernetesObject): MeshMode | undefined {
  const policy = spec?.["outboundTrafficPolicy"];
  if (!isRecord(policy)) return undefined;
  // A policy without a mode has the first of its modes.
  return policy["mode"] === "ALLOW_ANY" ? "ALLOW_ANY" : "REGISTRY_ONLY";
}

/** What the mesh configuration of one revision says; undefined in it is a part that cannot be read. */
export function modeInConfig(configs: readonly (JsonRecord | undefined)[]): MeshMode {
  for (const config of configs) {
    if (config === undefined) return "unknown";
    const policy = config["outboundTrafficPolicy"];
    if (!isRecord(policy)) continue;
    if (policy["mode"] === "REGISTRY_ONLY" || policy["mode"] === "ALLOW_ANY") return policy["mode"];
  }
  // Istio's default: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
  return "ALLOW_ANY";
}

/** Of several revisions the one that lets most out: pods of any may run in a namespace. */
export function modeOfRevisions(modes: readonly MeshMode[]): MeshMode {
  if (modes.includes("ALLOW_ANY")) return "ALLOW_ANY";
  return modes.length === 0 || modes.includes("unknown") ? "unknown" : "REGISTRY_ONLY";
}
