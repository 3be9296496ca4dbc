import type { Cluster } from "#src/domain/directory.ts";
import { refKey } from "#src/domain/kubernetes-object.ts";
import { isGatewayWide } from "#src/domain/plan/changes.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { afterMeshLane } from "./after-mesh-lane.ts";
import {
  type ClusterGrants,
  readGrants,
  settleEnds,
} from "#src/requests/observe/cluster-grants.ts";
import { guardCluster } from "../guard-cluster.ts";
import { type LanePorts, type LaneResult, CONVERGED } from "#src/requests/lane-ports.ts";
import {
  applyChanges,
  dryRunChanges,
  type FailedObject,
  failureFor,
  type Passed,
  type Settled,
  writes,
} from "./mesh-changes.ts";
import { buildableOf, type Planned, planMesh, type Situation } from "./mesh-plan.ts";
import { observeWorld } from "#src/requests/observe/mesh-world.ts";

/**
 * The mesh lane: makes the Istio objects of one cluster equal to `compile` of its believed live grants. Level-triggered
 * and idempotent; the single writer of those objects. Deletes only what a recorded end accounts for, so that neither an
 * empty store nor an unreadable record ever closes or opens anything; and deletes first, so that nothing that is wrong
 * elsewhere keeps a revoked grant open.
 */
export async function runMeshLane(ports: LanePorts, cluster: Cluster): Promise<LaneResult> {
  const mesh = await ports.meshOf(cluster.name);
  const guard = await guardCluster(ports, mesh, cluster.name);
  if (guard.verdict === "read-only") return CONVERGED;
  const grants = await readGrants(ports, cluster.name);
  await settleEnds(ports, grants.ended);
  const world = await observeWorld(ports, mesh, cluster);
  const situation: Situation = { cluster, grants, world, frozen: guard.frozen };

  const closing = planMesh(ports, situation, buildableOf(situation, [])).changes;
  if (closing.some(writes)) await guard.beforeWriting();
  const closed = await applyChanges(ports, mesh, {
    cluster: cluster.name,
    changes: closing.filter(({ action }) => action === "deleted"),
  });
  const settled = await settleChanges(ports, mesh, situation);
  if (settled.changes.some(writes)) await guard.beforeWriting();
  const applied = await applyChanges(ports, mesh, {
    cluster: cluster.name,
    changes: settled.changes.filter(({ action }) => action !== "deleted"),
  });

  const done = [...closed.changes, ...applied.changes];
  const failed = [...settled.failed, ...closed.failed, ...applied.failed];
  const notYet = [...settled.postponed, ...applied.postponed];
  await afterMeshLane(ports, {
    cluster,
    grants,
    world,
    ...settled,
    changes: done,
    failed,
    placed: withoutThoseOf([...notYet, ...failed], settled.placed, grants),
  });
  const error = settled.error ?? closed.error ?? applied.error;
  if (error !== undefined) throw error;
  return done.some(writes)
    ? { outcome: "waiting", for: "a second look at what was just written", retryAfterMs: 0 }
    : CONVERGED;
}

/** A request with anything failed or postponed is not placed. */
function withoutThoseOf(
  lacking: readonly { readonly grantIds: readonly string[] }[],
  placed: ReadonlySet<string>,
  { live }: ClusterGrants,
): ReadonlySet<string> {
  const ids = new Set(lacking.flatMap(({ grantIds }) => grantIds));
  const requests = live.filter(({ grants }) => grants.some(({ id }) => ids.has(id)));
  return placed.difference(new Set(requests.map(({ record }) => record.id)));
}

type Tried = Settled & Pick<Passed, "postponed" | "error">;

/** Plans, dry-runs, and leaves out the grants whose objects the API server refuses, until what is left is accepted. */
async function settleChanges(ports: LanePorts, mesh: Mesh, situation: Situation): Promise<Tried> {
  const failed: FailedObject[] = [];
  let foreign: Settled["foreign"] | undefined;
  for (;;) {
    const buildable = buildableOf(situation, failed);
    const planned = planMesh(ports, situation, buildable);
    // Of the first try: what is left out for its sake later would not be told.
    foreign ??= planned.foreign;
    const passed = await dryRunChanges(mesh, planned.changes);
    const found = [...passed.failed, ...takenNames(planned)].filter(
      ({ subject }) => !failed.some((known) => known.subject === subject),
    );
    if (found.length === 0) {
      const placed = new Set(buildable.live.map(({ record }) => record.id));
      return { ...planned, ...passed, foreign, failed, placed };
    }
    failed.push(...found);
  }
}

/** What closes a gateway cannot be written where somebody else has its name: then nothing of that gateway is. */
function takenNames({ changes, foreign }: Planned): readonly FailedObject[] {
  const taken = new Set(foreign.map(refKey));
  return changes
    .filter((change) => taken.has(refKey(change.subject)) && isGatewayWide(change))
    .map((change) => failureFor(change, `${refKey(change.subject)} is somebody else's`));
}
