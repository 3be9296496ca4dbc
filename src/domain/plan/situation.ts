import type { LogProvider } from "../compile/names.ts";
import type { Directory } from "../directory.ts";
import type { SeenGateway } from "../gateways/seen-gateway.ts";
import { type GatewayFacts, gatewayKey, type Grant } from "../grant.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import type {
  ClosedGrant,
  FoundGrant,
  OpenGrant,
} from "../request/egress-grant/judge-egress-grant.ts";

/** What one run of the mesh lane sees of a cluster beside its grants. */
export interface MeshWorld {
  /** Every object of the compiled kinds, whoever made it. */
  readonly objects: readonly KubernetesObject[];
  readonly facts: readonly GatewayFacts[];
  /** `namespace/name` of gateways with an available pod. */
  readonly ready: ReadonlySet<string>;
  /** Every configured gateway, built or not. */
  readonly gateways: readonly SeenGateway[];
  /** UIDs of the namespaces that exist and are not being deleted, by name. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** That Telemetries are to name; Istio's own where nobody looked. */
  readonly logProvider?: LogProvider;
}

export interface Situation {
  readonly instance: string;
  readonly directory: Directory;
  /** The cluster's name in the configuration. */
  readonly cluster: string;
  readonly open: readonly OpenGrant[];
  readonly closed: readonly ClosedGrant[];
  readonly found: readonly FoundGrant[];
  readonly world: MeshWorld;
  readonly mode: LaneMode;
  /** Ids of open grants that are closed for a while: somebody else keeps changing what they need. */
  readonly suspended?: ReadonlySet<string>;
  /** Ids of open grants that have their way at the gateway alone: a team moves from one to another. */
  readonly standingBy?: ReadonlySet<string>;
}

/**
 * `all`: everything. `no-new`: no grant is built for the first time (Redis may know an end). `frozen`: nothing but what
 * an end explains. `ends-only`: deletes alone (our namespace or resources are not as they should be).
 */
export type LaneMode = "all" | "no-new" | "frozen" | "ends-only";

/** An object or a name that cannot be as it should, and what cannot work without it. */
export interface FailedObject {
  readonly subject: string;
  readonly grantIds: readonly string[];
  /** `namespace/name` of the gateway that is left out as a whole, where the object is the gateway's own. */
  readonly gateway?: string;
  readonly why: string;
  /** Of a name that leads where no grant may, or could not be looked up. */
  readonly name?: RefusalReason;
  /** Somebody else keeps changing it: what needs it is closed until that is over. */
  readonly isContested?: true;
}

/** Looks up what keeps a grant from being as it should, if anything does: of several, the first. */
export function failures(
  failed: readonly FailedObject[],
): (grant: Pick<Grant, "id" | "gateway">) => FailedObject | undefined {
  const places = new Map<string, number>();
  for (const [at, { grantIds, gateway }] of failed.entries())
    for (const key of gateway === undefined ? grantIds : [...grantIds, gateway])
      if (!places.has(key)) places.set(key, at);
  return ({ id, gateway }) => {
    const [ofGrant, ofGateway] = [places.get(id), places.get(gatewayKey(gateway))];
    return failed[Math.min(ofGrant ?? Infinity, ofGateway ?? Infinity)];
  };
}

/** The same situation, in which what needs a contested object is closed. */
export function suspending(situation: Situation, contested: readonly FailedObject[]): Situation {
  const failureOf = failures(contested);
  const ids = situation.open.flatMap(({ grant }) =>
    failureOf(grant) === undefined ? [] : [grant.id],
  );
  return { ...situation, suspended: new Set(ids) };
}

/** What is compiled in one try: the grants and gateways that are neither missing something nor refused. */
export interface Buildable {
  readonly grants: readonly OpenGrant[];
  readonly gateways: readonly GatewayFacts[];
}

export function buildableOf(situation: Situation, failed: readonly FailedObject[]): Buildable {
  const { world, open } = situation;
  const refused = new Set(failed.flatMap(({ gateway }) => gateway ?? []));
  const without = new Set(failed.flatMap(({ grantIds }) => grantIds));
  const gateways = world.facts.filter(
    ({ ref }) => world.namespaces.has(ref.namespace) && !refused.has(gatewayKey(ref)),
  );
  const known = new Set(gateways.map(({ ref }) => gatewayKey(ref)));
  return {
    gateways,
    grants: open.filter(
      (each) =>
        isBuildable(each, situation) &&
        !without.has(each.grant.id) &&
        known.has(gatewayKey(each.grant.gateway)),
    ),
  };
}

/**
 * A grant waits until its gateway is known and its namespace exists, as the very namespace it was approved for. A new one
 * also waits for the gateway to be ready, and is not built where nothing new is.
 */
function isBuildable(open: OpenGrant, { world, mode }: Situation): boolean {
  const { scope, gateway } = open.grant;
  if (world.namespaces.get(scope.namespace) !== open.admission.payload.namespaceUid) return false;
  return !isNew(open) || (mode === "all" && world.ready.has(gatewayKey(gateway)));
}

/**
 * Never seen in place: neither was it seen to work, nor did a lane sign that it was applied. The clock of several grants
 * runs once one of them works, and says nothing of another.
 */
export function isNew({ activation, wasApplied, proof, grant, requestId }: OpenGrant): boolean {
  const worked = grant.id === requestId ? activation !== undefined : proof?.wasProven === true;
  return !worked && !wasApplied;
}

/** Removal not proven yet, of what was open once. */
export function isUnsettled({ wasOpen, removal }: ClosedGrant): boolean {
  return wasOpen && removal === undefined;
}
