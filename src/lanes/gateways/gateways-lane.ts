import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { approvedSteps, type GatewayNeed, needOf } from "#src/domain/plan/buildable.ts";
import { removalOf } from "#src/domain/admin/cluster-orders.ts";
import { type LaneBeat, laneBeatKey } from "#src/domain/time/heartbeat.ts";
import { isNew } from "#src/domain/plan/situation.ts";
import type { OwnProblem } from "#src/domain/plan/progress.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Step } from "#src/domain/request/request.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { type ClusterGrants, readGrants } from "#src/requests/observe/cluster-grants.ts";
import {
  type GatewayLook,
  lookAtGateway,
  observeConfigurations,
  observeInfrastructure,
  stateOf,
} from "#src/requests/observe/gateways/gateway-states.ts";
import { gatewayReader } from "#src/requests/observe/gateways/observe-gateway.ts";
import { CONVERGED, type LaneResult } from "#src/requests/lane-ports.ts";
import { bestEffort } from "../best-effort.ts";
import { type AutoscalersSeen, setAutoscalers } from "./autoscalers.ts";
import { type AzureTurn, followOperation, startNext } from "./azure-turn.ts";
import { EgressGateways, type GatewaysPorts, type Place } from "./egress-gateways.ts";
import { ensureOwnObjects } from "./gateway-objects.ts";
import { retryWhereAsked, tellWhatToMend } from "./mending.ts";
import { recordProgress } from "./progress.ts";
import { tellUnfounded } from "./order-told.ts";
import { carryOutClosing } from "./closing.ts";
import { carryOutRemoval } from "./removal.ts";
import { recordStatuses } from "./record-status.ts";
import { type Built, isServing, type OrderTurn, type Tick } from "./tick.ts";

/**
 * One tick of the gateways lane: observe, do every approved step that needs no ARM write, start or look at no more than
 * one ARM operation, and say what is waited for. All pending gateways of a cluster share its ticks, and one ARM write
 * enables every gateway whose egress IP prefix is ready. What it remembers is in the cluster's EgressGateways, so that it
 * goes on where Redis is away.
 */
export async function runGatewaysLane(
  ports: GatewaysPorts,
  cluster: Cluster,
  fenced?: Mesh,
): Promise<LaneResult> {
  const mesh = fenced ?? (await ports.meshOf(cluster.name));
  const result = await runOnce({ ports, mesh, cluster }).catch(async (error: unknown) => {
    // It ran, whatever kept it from getting further: that is told where people wait for it.
    if (isAdapterError(error)) await beat(ports, mesh, cluster);
    throw error;
  });
  await beat(ports, mesh, cluster);
  return result;
}

/** What the bot listens for: a lane that hangs, or whose Lease somebody keeps from it, signs none. */
async function beat(ports: GatewaysPorts, mesh: Mesh, { name }: Cluster): Promise<void> {
  const { clock, configDigest } = ports;
  const run: LaneBeat = { cluster: name, at: mesh.serverTime() ?? clock.now(), configDigest };
  await bestEffort(ports, `saying that the gateways lane of ${name} ran`, () =>
    ports.lanes.write(laneBeatKey(name), run),
  );
}

async function runOnce({ ports, mesh, cluster }: Place): Promise<LaneResult> {
  const judged = await readGrants(ports, mesh, cluster.name);
  if (judged.blocked !== undefined) return CONVERGED;
  const tick = await lookAround({ ports, mesh, cluster }, judged);
  const followed = await followOperation(tick);
  let built: Built = { ...NOTHING_BUILT, turn: followed ?? NOTHING_BUILT.turn };
  const ordered: OrderTurn[] = [];
  let autoscalers: AutoscalersSeen = new Map();
  try {
    built = await build(tick, followed);
    const closed = await carryOutClosing(tick, judged.open);
    const removed = await carryOutRemoval(tick, { open: judged.open, turn: built.turn });
    ordered.push(...[closed, removed].filter((each) => each !== undefined));
    autoscalers = await setAutoscalers(tick);
  } finally {
    await recordStatuses(tick, built, autoscalers);
  }
  await bestEffort(ports, `telling how far the gateways of ${cluster.name} are`, async () => {
    await recordProgress(tick, built);
    if (tick.looks.some((look) => isServing(look) && isAwaited(tick, look)))
      await ports.queue.add({ kind: "mesh", cluster: cluster.name });
  });
  await bestEffort(ports, `telling what has to be mended for ${cluster.name}`, async () => {
    await tellWhatToMend(tick, built);
    await tellUnfounded(tick.place, judged.ordered.unfounded);
  });
  return answer(ports, built, ordered);
}

const NOTHING_BUILT: Built = {
  infrastructure: undefined,
  needs: [],
  turn: { kind: "nothing" },
  made: new Map(),
  problems: new Map(),
};

/**
 * A frozen cluster builds nothing; and where Redis does not answer, it may know the end of a grant that was never in
 * place.
 */
function grantsToServe({ open, freezes, storeSilent }: ClusterGrants): readonly OpenGrant[] {
  if (freezes.length > 0) return [];
  return storeSilent ? open.filter((each) => !isNew(each)) : open;
}

async function lookAround(place: Place, judged: ClusterGrants): Promise<Tick> {
  const orders = judged.freezes.length > 0 ? [] : judged.ordered.open;
  // A gateway that is being removed is built anew afterwards.
  const grants = grantsToServe(judged).filter(
    ({ grant }) => removalOf(judged.ordered.open, grant.gateway) === undefined,
  );
  const { mesh, cluster } = place;
  const memory = await EgressGateways.read(place);
  const needed = new Set(grants.map(({ grant }) => gatewayKey(grant.gateway)));
  const problems = new Map<string, OwnProblem>();
  for (const gateway of cluster.gateways.filter((each) => needed.has(gatewayKey(each)))) {
    const why = await memory.ensure(gateway);
    if (why !== undefined) problems.set(gatewayKey(gateway), { step: "egress-gateway", why });
  }
  const configurations = await observeConfigurations(mesh);
  const read = gatewayReader(mesh, cluster);
  const looks: GatewayLook[] = [];
  for (const gateway of cluster.gateways) {
    if (needed.has(gatewayKey(gateway)) || memory.of(gateway) !== undefined)
      looks.push(await lookAtGateway(mesh, { gateway, read }, configurations));
  }
  const isFrozen = judged.freezes.length > 0;
  return { place, memory, grants, orders, looks, isFrozen, problems };
}

/** A grant that was never in place needs it. */
function isAwaited({ grants }: Tick, { key }: GatewayLook): boolean {
  return grants.some((each) => isNew(each) && gatewayKey(each.grant.gateway) === key);
}

/** Builds what is needed and not complete; Azure is asked about nothing else. */
async function build(tick: Tick, followed: AzureTurn | undefined): Promise<Built> {
  const { place, memory, grants } = tick;
  const { ports, mesh, cluster } = place;
  const needed = new Set(grants.map(({ grant }) => gatewayKey(grant.gateway)));
  const lacking = tick.looks.filter((look) => needed.has(look.key) && !isServing(look));
  const turn = followed ?? NOTHING_BUILT.turn;
  if (lacking.length === 0) return { ...NOTHING_BUILT, turn };
  const infrastructure = await observeInfrastructure(ports, mesh, cluster);
  // What was taken away since a grant was in place is for people to decide on, not built again by its old approval.
  const steps = grants.filter(isNew).flatMap(({ admission }) => admission.payload.steps);
  const approved = approvedSteps(steps);
  const needs = lacking.map((look) => {
    const state = stateOf(look, infrastructure.azure);
    const need = needOf({ cluster, state }, infrastructure, approved);
    return tick.problems.has(look.key) ? { ...need, steps: [] } : need;
  });
  const made = new Map<string, readonly Step[]>();
  const problems = new Map(tick.problems);
  for (const need of needs) {
    const own = await ensureOwnObjects({ place, memory, infrastructure }, need);
    made.set(need.state.key, own.made);
    if (own.problem !== undefined) problems.set(need.state.key, own.problem);
  }
  const retry = await retryWhereAsked(tick);
  const started =
    followed ??
    (await startNext(tick, {
      cluster,
      infrastructure,
      needs,
      memories: retry.memories,
      featureApproved: steps.some(({ kind }) => kind === "static-egress-feature"),
      moreToCome: await areAdmittedSoon(ports, cluster),
      now: ports.clock.now(),
      batchMs: ports.timing.gatewayBatchMs,
      tickMs: ports.timing.laneParkMs,
    }));
  if (followed === undefined) await retry.settle(started);
  return { infrastructure, needs, turn: started, made, problems };
}

/** An approval that is being looked at: it would be a pity to write just before it. */
async function areAdmittedSoon(ports: GatewaysPorts, { name }: Cluster): Promise<boolean> {
  let found = false;
  await bestEffort(ports, `looking for approved requests of ${name}`, async () => {
    found = (await ports.store.list({ cluster: name, states: ["approved"] })).length > 0;
  });
  return found;
}

function answer(
  ports: GatewaysPorts,
  { needs, turn }: Built,
  ordered: readonly OrderTurn[],
): LaneResult {
  // What only people can decide on is looked at again with each sweep.
  const isOver = needs.every(({ obstacle }) => obstacle !== undefined);
  if (ordered.length > 0)
    return {
      outcome: "waiting",
      for: ordered.map((each) => each.for ?? "the next order").join("; "),
      retryAfterMs: ordered.some((each) => each.for === undefined) ? 0 : ports.timing.laneParkMs,
    };
  if (isOver && turn.kind === "nothing") return CONVERGED;
  const retryAfterMs = turn.retryAfterMs ?? ports.timing.laneParkMs;
  return { outcome: "waiting", for: waitsFor(turn, needs), retryAfterMs };
}

function waitsFor(turn: AzureTurn, needs: readonly GatewayNeed[]): string {
  if (turn.kind === "running") return turn.operation.what;
  if (turn.kind === "wait") return turn.for;
  return `gateways ${needs.map(({ state }) => state.key).join(", ")}`;
}
