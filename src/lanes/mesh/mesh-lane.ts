import { removalsIn } from "#src/domain/admin/cluster-orders.ts";
import { areGrantsKnown } from "#src/domain/blocked.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { takesOverAt } from "#src/domain/request/egress-grant/moves.ts";
import { refKey } from "#src/domain/kubernetes-object.ts";
import { isGatewayWide } from "#src/domain/plan/changes.ts";
import type { PlannedMesh } from "#src/domain/plan/mesh-plan.ts";
import {
  buildableOf,
  type FailedObject,
  type LaneMode,
  type MeshWorld,
  type Situation,
} from "#src/domain/plan/situation.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import {
  BLOCKED_WORDS,
  type ClusterGrants,
  readGrants,
} from "#src/requests/observe/cluster-grants.ts";
import { observeWorld } from "#src/requests/observe/mesh-world.ts";
import { bestEffort } from "../best-effort.ts";
import { afterMeshLane } from "./after/after-mesh-lane.ts";
import { type Contests, judgeOthers } from "./contests.ts";
import { applyChanges, dryRunChanges, failureFor, type Passed, writes } from "./mesh-changes.ts";
import { carryOutOrders } from "./orders.ts";
import { namesBeforeBuilding } from "./names-before-building.ts";
import { recordEnds } from "./record-ends.ts";

/**
 * The mesh lane: makes the Istio objects of one cluster equal to `compile` of its open grants. Level-triggered and
 * idempotent; the single writer of those objects. Deletes only what an end accounts for, so that neither an empty store
 * nor an unreadable object ever closes or opens anything; and deletes first, so that nothing that is wrong elsewhere
 * keeps a revoked grant open.
 */
export async function runMeshLane(
  ports: LanePorts,
  cluster: Cluster,
  fenced?: Mesh,
): Promise<LaneResult> {
  const mesh = fenced ?? (await ports.meshOf(cluster.name));
  const grants = await readGrants(ports, mesh, cluster.name);
  await tellBlocked(ports, cluster.name, grants);
  if (!areGrantsKnown(grants.blocked)) return CONVERGED;
  await tellOverfull(ports, cluster.name, grants);
  await carryOutOrders(ports, mesh, grants);
  const ended = await recordEnds(ports, mesh, grants);
  const world = withoutRemoved(await observeWorld(ports, mesh, cluster), grants);
  const { instance, directory } = ports;
  const { open, closed, found } = grants;
  const situation: Situation = {
    instance,
    directory,
    cluster: cluster.name,
    open,
    closed,
    found,
    world,
    mode: modeOf(grants),
    standingBy: grants.moves.waiting.union(grants.moves.replaced),
  };
  const run = inPlace(await carryOut(ports, mesh, situation), grants, world);
  await afterMeshLane(ports, mesh, { cluster, grants, world, ...run });
  const error = ended ?? run.error;
  if (error !== undefined) throw error;
  return run.changes.some(writes)
    ? { outcome: "waiting", for: "a second look at what was just written", retryAfterMs: 0 }
    : nextLook(grants, run.nextAt);
}

/** Nothing new is built on a gateway that is being removed. */
function withoutRemoved(world: MeshWorld, { ordered }: ClusterGrants): MeshWorld {
  const removed = new Set(
    removalsIn(ordered.open).map(({ asked }) => gatewayKey(asked.order.gateway)),
  );
  return { ...world, ready: world.ready.difference(removed) };
}

/** What is to take over a namespace's traffic is in place once there is a pod at its gateway that can carry it. */
function inPlace(run: MeshRun, { open, moves }: ClusterGrants, { ready }: MeshWorld): MeshRun {
  const early = open.filter(
    ({ grant }) => moves.waiting.has(grant.id) && !ready.has(gatewayKey(grant.gateway)),
  );
  return { ...run, placed: run.placed.difference(new Set(early.map(({ grant }) => grant.id))) };
}

function modeOf({ blocked, freezes, storeSilent }: ClusterGrants): LaneMode {
  if (blocked !== undefined) return "ends-only";
  if (freezes.length > 0) return "frozen";
  return storeSilent ? "no-new" : "all";
}

/** At the next end or move that comes by itself, so that a grant does not outlive it by a timer's pause. */
function nextLook({ open, facts, moves }: ClusterGrants, nextAt = Infinity): LaneResult {
  const toMove = open
    .filter(({ grant }) => moves.waiting.has(grant.id))
    .flatMap((each) => takesOverAt(each) ?? [])
    .filter((at) => at > facts.now);
  const soonest = Math.min(nextAt, ...open.map(({ endsAt }) => endsAt), ...toMove);
  if (!Number.isFinite(soonest)) return CONVERGED;
  const retryAfterMs = Math.max(soonest - facts.now, 0);
  return retryAfterMs > LONGEST_LOOK_AHEAD_MS
    ? CONVERGED
    : { outcome: "waiting", for: "the next end or move", retryAfterMs };
}

const LONGEST_LOOK_AHEAD_MS = 3_600_000;

async function tellBlocked(
  ports: LanePorts,
  cluster: string,
  { blocked }: ClusterGrants,
): Promise<void> {
  const key = `blocked:${cluster}`;
  if (blocked === undefined) return ports.announcer.over(key);
  return ports.announcer.tell(key, `Cluster ${cluster} is blocked: ${BLOCKED_WORDS[blocked]}.`);
}

/** Once, while it is so: that Redis is away is the bot's to say. */
async function tellOverfull(
  ports: LanePorts,
  cluster: string,
  { storeOverfull, storeSilent }: ClusterGrants,
): Promise<void> {
  const key = `store-overfull:${cluster}`;
  await bestEffort(ports, "telling that Redis is overfull", async () => {
    if (storeOverfull) await ports.announcer.tell(key, OVERFULL);
    else if (!storeSilent) await ports.announcer.over(key);
  });
}

const OVERFULL =
  "Redis answers, but holds more than can be read in time: somebody filled it, so a revoke or freeze may not be seen there. " +
  "What is open closes on its time or by `kubectl delete egrant`, and nothing new opens. Find out who can write there.";

export interface MeshRun extends PlannedMesh {
  readonly failed: readonly FailedObject[];
  /** Ids of the grants whose every object is in place. */
  readonly placed: ReadonlySet<string>;
  readonly error: Error | undefined;
  /** When something is tried again that somebody else undid. Epoch ms. */
  readonly nextAt: number | undefined;
}

async function carryOut(ports: LanePorts, mesh: Mesh, whole: Situation): Promise<MeshRun> {
  const { cluster } = whole;
  const contests = await judgeOthers(ports, whole);
  const { plan, situation, lost } = contests;
  const buildable = buildableOf(situation, lost);
  const closing = plan(buildable).changes;
  const closed = await applyChanges(ports, mesh, {
    cluster,
    changes: closing.filter(({ action }) => action === "deleted"),
  });
  const unfit = await namesBeforeBuilding(ports, mesh, buildable);
  const settled = await settleChanges(mesh, contests, [...lost, ...unfit]);
  const applied = await applyChanges(ports, mesh, {
    cluster,
    changes: settled.changes.filter(({ action }) => action !== "deleted"),
  });
  const changes = [...closed.changes, ...applied.changes];
  await contests.remember(changes);
  const failed = [...settled.failed, ...closed.failed, ...applied.failed];
  const lacking = [...settled.postponed, ...applied.postponed, ...failed];
  return {
    ...settled,
    changes,
    failed,
    nextAt: contests.nextAt,
    placed: settled.placed.difference(new Set(lacking.flatMap(({ grantIds }) => grantIds))),
    error: settled.error ?? closed.error ?? applied.error,
  };
}

type Settled = PlannedMesh &
  Pick<Passed, "postponed" | "error"> & {
    readonly failed: readonly FailedObject[];
    readonly placed: ReadonlySet<string>;
  };

/** Plans, dry-runs, and leaves out the grants whose objects the API server refuses, until what is left is accepted. */
async function settleChanges(
  mesh: Mesh,
  { situation, plan, held }: Contests,
  unfit: readonly FailedObject[],
): Promise<Settled> {
  const known = new Set<string>();
  const failed: FailedObject[] = [...unfit];
  let foreign: PlannedMesh["foreign"] | undefined;
  for (;;) {
    const buildable = buildableOf(situation, failed);
    const planned = plan(buildable);
    // Keep the first pass: later passes drop these grants.
    foreign ??= planned.foreign;
    const passed = await dryRunChanges(mesh, held(planned.changes));
    const found = [...passed.failed, ...takenNames(planned)].filter(
      ({ subject }) => !known.has(subject),
    );
    if (found.length === 0) {
      const skipped = passed.changes.filter(({ action }) => action === "skipped");
      const lacking = new Set(skipped.flatMap(({ grantIds }) => grantIds));
      const placed = new Set(buildable.grants.map(({ grant }) => grant.id)).difference(lacking);
      return { ...planned, ...passed, foreign, failed, placed };
    }
    failed.push(...found);
    for (const { subject } of found) known.add(subject);
  }
}

/** What closes a gateway cannot be written where somebody else has its name: then nothing of that gateway is. */
function takenNames({ changes, foreign }: PlannedMesh): readonly FailedObject[] {
  const taken = new Set(foreign.map(refKey));
  return changes
    .filter((change) => taken.has(refKey(change.subject)) && isGatewayWide(change))
    .map((change) => failureFor(change, `${refKey(change.subject)} is somebody else's`));
}
