import { sameJson } from "#src/domain/canonical.ts";
import { gatewayKey, type Grant } from "#src/domain/grant.ts";
import { INSTANCE_LABEL } from "#src/domain/kubernetes-object.ts";
import type { ConflictInput } from "#src/domain/plan/conflicts/conflict.ts";
import type { MeshWorld } from "#src/domain/plan/situation.ts";
import { othersDigest } from "#src/domain/plan/ways-out/others-digest.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { revisionsToProve } from "#src/domain/upgrades/each-revision.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { egressIpPrefixOf } from "#src/requests/observe/gateways/gateway-states.ts";

type Gateways = Pick<MeshWorld, "gateways">;

/** Whether what a grant was proven by is no longer so, by this run: it is looked at again at once. */
export function staleProofs(
  ports: Pick<LanePorts, "instance">,
  world: Gateways,
  observed: ConflictInput["observed"],
): (known: RequestRecord | undefined, grant: Pick<Grant, "gateway" | "scope">) => boolean {
  const othersOf = othersDigests(ports, observed);
  const prefixes = prefixesOf(world);
  const revisions = revisionsOf(world);
  return (known, { gateway, scope }) =>
    othersChanged(known, othersOf(scope.namespace)) ||
    prefixChanged(known, prefixes.get(gatewayKey(gateway))) ||
    revisionsChanged(known, revisions.get(gatewayKey(gateway)));
}

/** Whether it was proven while the grant it amends was open too, by whose route the probe may have passed. */
export function provenBesideOther(
  known: RequestRecord | undefined,
  { follows, amends }: Pick<OpenGrant, "follows" | "amends">,
  closed: readonly ClosedGrant[],
): boolean {
  const provenAt = known?.evidence?.at;
  return (
    amends &&
    provenAt !== undefined &&
    closed.some(
      ({ requestId, cause, removal }) =>
        requestId === follows && cause === "superseded" && (removal?.at ?? 0) > provenAt,
    )
  );
}

/** By namespace, each looked at once. */
function othersDigests(
  { instance }: Pick<LanePorts, "instance">,
  { exportDefaults: defaults, ...observed }: ConflictInput["observed"],
): (namespace: string) => string {
  const known = new Map<string, string>();
  // The digest is of these alone, and of our own there may be many.
  const objects = observed.objects.filter(
    ({ metadata }) => metadata.labels?.[INSTANCE_LABEL] !== instance,
  );
  return (namespace) => {
    const found =
      known.get(namespace) ?? othersDigest({ ...observed, objects, namespace, instance, defaults });
    known.set(namespace, found);
    return found;
  };
}

/** Whether others show the namespace something else than when its grant was proven: it is looked at again at once. */
function othersChanged(known: RequestRecord | undefined, digest: string): boolean {
  const seen = known?.evidence?.others;
  return seen !== undefined && seen !== digest;
}

/** By gateway, as the gateways lane last saw them. */
function prefixesOf({ gateways }: Gateways): ReadonlyMap<string, string | undefined> {
  return new Map(gateways.map(({ gateway, object }) => [gateway, egressIpPrefixOf(object)]));
}

/** Whether the gateway leaves by other addresses than people were told. */
function prefixChanged(known: RequestRecord | undefined, prefix: string | undefined): boolean {
  const told = known?.evidence?.egressIpPrefix;
  return told !== undefined && prefix !== undefined && told !== prefix;
}

/** By gateway: the mesh revisions whose pods carry what goes through it. */
function revisionsOf({ gateways }: Gateways): ReadonlyMap<string, readonly string[]> {
  return new Map(gateways.map(({ gateway, pods }) => [gateway, revisionsToProve(pods)]));
}

/** Whether pods of other revisions carry it than when it was proven; a gateway that has none now carries nothing. */
function revisionsChanged(
  known: RequestRecord | undefined,
  revisions: readonly string[] = [],
): boolean {
  const proven = known?.evidence?.revisions;
  return proven !== undefined && revisions.length > 0 && !sameJson(proven, revisions);
}
