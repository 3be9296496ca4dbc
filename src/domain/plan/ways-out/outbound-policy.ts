import { isRecord } from "../../json.ts";
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

function ofSidecar({ metadata, spec }: KubernetesObject, mesh: MeshMode): OutboundPolicy {
  const policy = spec?.["outboundTrafficPolicy"];
  if (!isRecord(policy)) return { mode: mesh };
  // A policy without a mode has the first of its modes.
  const mode = policy["mode"] === "ALLOW_ANY" ? "ALLOW_ANY" : "REGISTRY_ONLY";
  return { mode, sidecar: `${metadata.namespace}/${metadata.name}` };
}
