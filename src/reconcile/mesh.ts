import { compile, type Compiled } from "#src/domain/compile/compile.ts";
import type { Cluster, Directory } from "#src/domain/directory.ts";
import { gatewayKey, type GatewayRef, type Grant } from "#src/domain/grant.ts";
import { isObjectKind, refKey } from "#src/domain/kubernetes-object.ts";
import { planChanges } from "#src/domain/plan/changes.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { type Believed, type ClusterGrants, readGrants, settleEnds } from "./cluster-grants.ts";
import { guardCluster } from "./guard-cluster.ts";
import { type LanePorts, type LaneResult, CONVERGED } from "./lane-ports.ts";
import {
  applyChanges,
  dryRunChanges,
  type FailedObject,
  type Settled,
  writes,
} from "./mesh-changes.ts";
import { type MeshWorld, observeWorld } from "./mesh-world.ts";
import { afterMeshLane } from "./after-mesh-lane.ts";

/**
 * The mesh lane: makes the Istio objects of one cluster equal to `compile` of its believed live grants. Level-triggered
 * and idempotent; the single writer of those objects. Deletes only what a recorded end accounts for, so that neither an
 * empty store nor an unreadable record ever closes or opens anything.
 */
export async function runMeshLane(ports: LanePorts, cluster: Cluster): Promise<LaneResult> {
  const mesh = await ports.meshOf(cluster.name);
  const guard = await guardCluster(ports, mesh, cluster.name);
  if (guard.verdict === "read-only") return CONVERGED;
  const grants = await readGrants(ports, cluster.name);
  await settleEnds(ports, grants.ended);
  const world = await observeWorld(ports, mesh, cluster);
  const settled = await settleChanges(ports, mesh, {
    cluster,
    grants,
    world,
    frozen: guard.frozen,
  });
  if (settled.changes.some(writes)) await guard.beforeWriting();
  await applyChanges(ports, mesh, cluster.name, settled.changes);
  await afterMeshLane(ports, { cluster, grants, ...settled });
  return settled.changes.some(writes)
    ? { outcome: "waiting", for: "a second look at what was just written", retryAfterMs: 0 }
    : CONVERGED;
}

interface MappedNamespace {
  readonly namespace: string;
  readonly gateway: string;
}

interface Situation {
  readonly cluster: Cluster;
  readonly grants: ClusterGrants;
  readonly world: MeshWorld;
  readonly frozen: boolean;
}

/** Plans, dry-runs, and leaves out the grants whose objects the API server refuses, until what is left is accepted. */
async function settleChanges(ports: LanePorts, mesh: Mesh, situation: Situation): Promise<Settled> {
  const failed: FailedObject[] = [];
  for (;;) {
    const without = new Set(failed.flatMap(({ grantIds }) => grantIds));
    const buildable = situation.grants.live.filter(
      (believed) =>
        isBuildable(believed, situation) && !believed.grants.some(({ id }) => without.has(id)),
    );
    const planned = planFor(ports, situation, buildable);
    const dryRun = await dryRunChanges(mesh, planned.changes);
    if (dryRun.failed.length === 0) {
      const placed = new Set(buildable.map(({ record }) => record.id));
      return { ...planned, changes: dryRun.changes, failed, placed };
    }
    failed.push(...dryRun.failed);
  }
}

/** A grant waits until its gateway is known and its namespace exists; in a frozen cluster no new one is built. */
function isBuildable({ record, grants }: Believed, { world, frozen }: Situation): boolean {
  if (frozen && record.state === "applying") return false;
  const known = new Set(world.facts.map(({ ref }) => gatewayKey(ref)));
  return grants.every((grant) => {
    const key = gatewayKey(grant.gateway);
    const there = known.has(key) && world.namespaces.has(grant.scope.namespace);
    return there && (record.state !== "applying" || world.ready.has(key));
  });
}

function planFor(
  { instance, directory }: LanePorts,
  situation: Situation,
  buildable: readonly Believed[],
): Omit<Settled, "failed" | "placed"> {
  const { cluster, grants, world } = situation;
  const namespaces = namespacesOf(directory, cluster, grants);
  const desired = compile({
    instance,
    grants: grantsOf(buildable),
    namespaces,
    gateways: world.facts,
    probing: beingProven(grants.ended),
  });
  const { accounted, touched } = endedObjects(instance, situation, { desired, namespaces });
  const planned = planChanges({
    desired,
    observed: world.objects,
    instance,
    accounted,
    held: grants.held,
  });
  if (!situation.frozen) return planned;
  // Frozen: only what an end explains goes on.
  const changes = planned.changes.map((change) =>
    change.action === "created" ||
    (change.action === "updated" && !touched.has(refKey(change.subject)))
      ? { ...change, action: "skipped" as const, why: "the cluster is frozen" }
      : change,
  );
  return { ...planned, changes };
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
  instance: string,
  { grants, world }: Situation,
  {
    desired,
    namespaces,
  }: { readonly desired: readonly Compiled[]; readonly namespaces: readonly MappedNamespace[] },
): { readonly accounted: ReadonlySet<string>; readonly touched: ReadonlySet<string> } {
  const known = new Set(world.facts.map(({ ref }) => gatewayKey(ref)));
  const ended = grantsOf(grants.ended).filter((grant) => known.has(gatewayKey(grant.gateway)));
  const objects = compile({ instance, grants: ended, namespaces, gateways: world.facts });
  const ofGrants = objects.filter(isOfGrants);
  const touched = new Set(ofGrants.map(keyOf));
  const wanted = new Set(desired.map(keyOf));
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
