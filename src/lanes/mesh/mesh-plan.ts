import { compile, type Compiled } from "#src/domain/compile/compile.ts";
import type { Cluster, Directory } from "#src/domain/directory.ts";
import { type GatewayFacts, gatewayKey, type GatewayRef, type Grant } from "#src/domain/grant.ts";
import { isObjectKind, refKey } from "#src/domain/kubernetes-object.ts";
import { type Change, planChanges } from "#src/domain/plan/changes.ts";
import type { Believed, ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { FailedObject, Settled } from "./mesh-changes.ts";
import type { MeshWorld } from "#src/requests/observe/mesh-world.ts";

interface MappedNamespace {
  readonly namespace: string;
  readonly gateway: string;
}

/** All that one run of the lane has read. */
export interface Situation {
  readonly cluster: Cluster;
  readonly grants: ClusterGrants;
  readonly world: MeshWorld;
  readonly frozen: boolean;
}

/** What is compiled in one try: the grants and gateways that are neither missing something nor refused. */
export interface Buildable {
  readonly live: readonly Believed[];
  readonly gateways: readonly GatewayFacts[];
}

export function buildableOf(situation: Situation, failed: readonly FailedObject[]): Buildable {
  const { world, grants } = situation;
  const refused = new Set(failed.flatMap(({ gateway }) => gateway ?? []));
  const without = new Set(failed.flatMap(({ grantIds }) => grantIds));
  const gateways = world.facts.filter(
    ({ ref }) => world.namespaces.has(ref.namespace) && !refused.has(gatewayKey(ref)),
  );
  const known = new Set(gateways.map(({ ref }) => gatewayKey(ref)));
  return {
    gateways,
    live: grants.live.filter(
      (believed) =>
        isBuildable(believed, situation) &&
        believed.grants.every(
          ({ id, gateway }) => !without.has(id) && known.has(gatewayKey(gateway)),
        ),
    ),
  };
}

/**
 * A grant waits until its gateway is known and its namespace exists, as the very namespace it was approved for; in a
 * frozen cluster no new one is built.
 */
function isBuildable({ record, grants }: Believed, { world, frozen }: Situation): boolean {
  if (frozen && record.state === "applying") return false;
  return grants.every(
    ({ scope, gateway }) =>
      world.namespaces.get(scope.namespace) === record.admission?.payload.namespaceUid &&
      (record.state !== "applying" || world.ready.has(gatewayKey(gateway))),
  );
}

export type Planned = Pick<Settled, "changes" | "unaccounted" | "foreign">;

/** What makes the cluster equal to what can be built of its live grants, and no less than they have. */
export function planMesh(
  { instance, directory }: LanePorts,
  situation: Situation,
  buildable: Buildable,
): Planned {
  const { cluster, grants, world } = situation;
  const namespaces = namespacesOf(directory, cluster, grants);
  const desired = compile({
    instance,
    grants: grantsOf(buildable.live),
    namespaces,
    gateways: buildable.gateways,
    probing: beingProven(grants.ended),
  });
  const compiled = { instance, namespaces, situation };
  const held = wholeOf(compiled, present(situation, buildable));
  const { accounted, touched } = endedObjects(compiled, held);
  const { changes, unaccounted, foreign } = planChanges({
    desired,
    observed: world.objects,
    instance,
    accounted,
    held: grants.held,
  });
  const waitedFor = new Set(wholeOf(compiled, grants.live).map(keyOf));
  return {
    changes: changes.map((change) => heldBack(change, { situation, buildable, held, touched })),
    // What waits for something is not stray.
    unaccounted: unaccounted.filter((ref) => !waitedFor.has(refKey(ref))),
    foreign,
  };
}

interface Compiling {
  readonly instance: string;
  readonly namespaces: readonly MappedNamespace[];
  readonly situation: Situation;
}

/** The objects of some live grants, as if nothing stood in their way. */
function wholeOf(
  { instance, namespaces, situation: { grants, world } }: Compiling,
  live: readonly Believed[],
): readonly Compiled[] {
  return compile({
    instance,
    grants: grantsOf(live),
    namespaces,
    gateways: world.facts,
    probing: beingProven(grants.ended),
  });
}

/** What is in the cluster already, and what is about to be. */
function present({ grants }: Situation, { live }: Buildable): readonly Believed[] {
  const built = new Set(live.map(({ record }) => record.id));
  return grants.live.filter(({ record }) => record.state !== "applying" || built.has(record.id));
}

interface Plan {
  readonly situation: Situation;
  readonly buildable: Buildable;
  /** What live grants have, or are about to. */
  readonly held: readonly Compiled[];
  /** Keys of what ended grants once needed. */
  readonly touched: ReadonlySet<string>;
}

function heldBack(change: Change, { situation, buildable, held, touched }: Plan): Change {
  const key = refKey(change.subject);
  if (change.action !== "created" && change.action !== "updated") return change;
  // Frozen: only what an end explains goes on.
  if (situation.frozen && (change.action === "created" || !touched.has(key)))
    return { ...change, action: "skipped", why: "the cluster is frozen" };
  const waiting = leftOut(situation, buildable);
  const shared = held.find((compiled) => keyOf(compiled) === key)?.grantIds ?? [];
  const loses = shared.filter((id) => waiting.has(id));
  return change.action === "updated" && loses.length > 0
    ? { ...change, action: "skipped", why: `${loses.join(", ")} would lose its part of it` }
    : change;
}

/** Ids of grants that are in the cluster, and only cannot be written now. */
function leftOut(situation: Situation, buildable: Buildable): ReadonlySet<string> {
  const left = present(situation, buildable).filter((each) => !buildable.live.includes(each));
  return new Set(grantsOf(left).map(({ id }) => id));
}

/** Where a removal is still to be proven, the probe's log has to be seen. */
function beingProven(
  ended: readonly Believed[],
): readonly { readonly namespace: string; readonly gateway: GatewayRef }[] {
  return ended
    .filter(({ record }) => record.state !== "ended")
    .flatMap(({ grants }) =>
      grants.map(({ scope, gateway }) => ({ namespace: scope.namespace, gateway })),
    );
}

/** What ended grants once needed: all of it they may have changed, and of that what nobody else needs. */
function endedObjects(
  { instance, namespaces, situation: { grants, world } }: Compiling,
  held: readonly Compiled[],
): { readonly accounted: ReadonlySet<string>; readonly touched: ReadonlySet<string> } {
  const known = new Set(world.facts.map(({ ref }) => gatewayKey(ref)));
  const ended = grantsOf(grants.ended).filter((grant) => known.has(gatewayKey(grant.gateway)));
  const objects = compile({ instance, grants: ended, namespaces, gateways: world.facts });
  const ofGrants = objects.filter(isOfGrants);
  const touched = new Set(ofGrants.map(keyOf));
  const wanted = new Set(held.map(keyOf));
  const removable = ofGrants.filter((compiled) => mayGo(compiled, grants)).map(keyOf);
  return { touched, accounted: new Set(removable.filter((key) => !wanted.has(key))) };
}

/** Where a record cannot be believed, what it may need stays: its namespace's objects, and those namespaces share. */
function mayGo({ namespace, object }: Compiled, { held, ended }: ClusterGrants): boolean {
  if (held.size === 0) return true;
  const of = namespace ?? object.metadata.namespace ?? "";
  const isOfATeam = grantsOf(ended).some(({ scope }) => scope.namespace === of);
  return isOfATeam && !held.has(of);
}

/** Gateway-wide objects and namespace policies are there for good; everything else exists for grants. */
function isOfGrants(compiled: Compiled): boolean {
  return compiled.grantIds.length > 0;
}

function grantsOf(believed: readonly Believed[]): readonly Grant[] {
  return believed.flatMap(({ grants }) => grants);
}

/** Every namespace mapped to a gateway gets its policy early: adding one later ends the gateway's long connections. */
function namespacesOf(
  directory: Directory,
  cluster: Cluster,
  grants: ClusterGrants,
): readonly MappedNamespace[] {
  const mapped = directory.teams
    .flatMap((team) => team.placements)
    .filter((placement) => placement.cluster === cluster.name)
    .map(({ namespace, gateway }) => ({ namespace, gateway }));
  const granted = [...grants.live, ...grants.ended]
    .flatMap((believed) => believed.grants)
    .map(({ scope, gateway }) => ({ namespace: scope.namespace, gateway: gatewayKey(gateway) }));
  const unique = new Map(
    [...mapped, ...granted].map((entry) => [`${entry.gateway} ${entry.namespace}`, entry]),
  );
  return [...unique.values()];
}

function keyOf({ object }: Compiled): string {
  if (!isObjectKind(object.kind)) throw new TypeError(`the compiler emitted a ${object.kind}`);
  const { namespace, name } = object.metadata;
  return refKey({ kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) });
}
