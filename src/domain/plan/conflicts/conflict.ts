import { endpoint, type GatewayFacts, type GatewayRef, type Grant } from "../../grant.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import type { Surroundings } from "../others/interference.ts";
import type { ExportDefaults } from "../ways-out/mesh-fields.ts";
import { type Refusal, refuse } from "../../outcome.ts";
import { areOfOneRequest } from "../../request/grant-id.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";

export interface ConflictInput {
  /** What is asked. */
  readonly grants: readonly Grant[];
  /** Every other live grant of the cluster. */
  readonly live: readonly Grant[];
  /** The request they move to another gateway, and where from: host and port are shared with what goes by that one. */
  readonly moves?: { readonly request: string; readonly from: GatewayRef };
  readonly observed: {
    /** ServiceEntries, VirtualServices, DestinationRules of every namespace. */
    readonly objects: readonly KubernetesObject[];
    readonly sidecars: readonly KubernetesObject[];
    /** Of the mesh configuration. */
    readonly exportDefaults: ExportDefaults;
    /** Undefined where nobody looks for it. */
    readonly surroundings?: Surroundings;
    /** What decides about plain TCP; undefined where nobody looks for it. */
    readonly tcp?: TcpSurroundings;
  };
  readonly gateways: readonly GatewayFacts[];
  /** Namespaces mapped to gateways. */
  readonly namespaces: readonly { readonly namespace: string; readonly gateway: string }[];
  readonly instance: string;
}

export interface TcpSurroundings {
  /** Whether every pod of the namespace sees a virtual address of its own for each host: DNS capture. Never assumed. */
  readonly hostsHaveAddresses: boolean;
  /** Ports on which Services of the mesh speak HTTP; undefined where they may not be listed. */
  readonly httpServices?: readonly { readonly name: string; readonly port: number }[];
}

/** One check: what stands in the way of a grant, with the other party named. */
export type ConflictCheck = (grant: Grant, input: ConflictInput) => readonly Refusal[];

/** One check: what people should know before they approve. */
export type WarningCheck = (grant: Grant, input: ConflictInput) => readonly string[];

/** Whose grant is in the way, for the reason: that of another request, or of the same one. */
export function giverOf(grant: Grant, other: Grant): string {
  return areOfOneRequest(grant.id, other.id) ? "the same request" : other.id;
}

/** That it is given already, or asked for in one breath. */
export function giving(grant: Grant, other: Grant, what: string): string {
  return areOfOneRequest(grant.id, other.id)
    ? `the same request asks for ${what}`
    : `${other.id} grants ${what} to namespace ${grant.scope.namespace}`;
}

export function makingRoom(grant: Grant, other: Grant): string {
  return areOfOneRequest(grant.id, other.id)
    ? "ask for one of the two"
    : `revoke ${other.id} first`;
}

export function conflict(
  grant: Grant,
  reason: RefusalReason,
  text: Pick<Refusal, "why" | "fix" | "steps">,
): Refusal {
  return refuse(reason, {
    what: `${endpoint(grant.destination)} for team ${grant.team} was not planned`,
    ...text,
  });
}
