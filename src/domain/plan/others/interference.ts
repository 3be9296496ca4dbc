import type { Grant } from "../../grant.ts";
import { type KubernetesObject, type ObjectKind, refKey } from "../../kubernetes-object.ts";
import type { Discovery } from "./discovery.ts";

export type Labels = Readonly<Record<string, string>>;

/** What was read of a cluster to find what others put on a grant's way. */
export interface Surroundings {
  /** Of every namespace; kinds that are not judged here are ignored. */
  readonly objects: readonly KubernetesObject[];
  /** Labels of the gateway's pods, one set for each; empty before the gateway is built. */
  readonly gatewayPods: readonly Labels[];
  /** Labels of the pods in the grant's namespace. */
  readonly teamPods: readonly Labels[];
  /** By name. */
  readonly namespaceLabels: ReadonlyMap<string, Labels>;
  /** Which namespaces the control plane looks into; `unknown` where the mesh configuration cannot be read. */
  readonly discovery: Discovery | "unknown";
  /** Kinds that could not be listed: whether there are any is not known. */
  readonly unseen: readonly ObjectKind[];
}

/** Whose way it is: where its pods are, and which gateway they use. */
export type Way = Pick<Grant, "gateway" | "scope" | "destination">;

/**
 * What an object of others does to a grant's way.
 * - `denies`: the gateway refuses the namespace's traffic. `may-deny`: it depends on what cannot be judged here.
 * - `lets-in`: the gateway's policies refuse less than Sallyport's own do.
 * - `takes-server`: Istio may drop Sallyport's server from the gateway's listener.
 * - `adds-server`: the gateway's pods serve something else beside it.
 * - `takes-log`: the gateway's log may not be written, or otherwise.
 * - `cuts-dns`, `cuts-istiod`, `cuts-gateway`: the team's pods, and the probe's, do not get there.
 * - `cuts-some`: as these, some of the team's pods, and not the probe's.
 * - `not-discovered`: the control plane ignores the namespace.
 * - `not-judged`: it can change anything, and its content says nothing simple.
 */
export type Effect =
  | "denies"
  | "may-deny"
  | "lets-in"
  | "takes-server"
  | "adds-server"
  | "takes-log"
  | "cuts-dns"
  | "cuts-istiod"
  | "cuts-gateway"
  | "cuts-some"
  | "not-discovered"
  | "not-judged";

export interface Interference {
  readonly effect: Effect;
  /** One clause that names the object: `AuthorizationPolicy aks-istio-system/deny-all denies …`. */
  readonly text: string;
}

export interface Judged {
  readonly way: Way;
  readonly surroundings: Surroundings;
  readonly instance: string;
}

/** `AuthorizationPolicy aks-istio-system/deny-all`. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return refKey({ kind, ...metadata });
}
