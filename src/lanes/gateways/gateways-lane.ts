import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { Step } from "#src/domain/request/request.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { isNew } from "#src/domain/plan/mesh-plan.ts";
import type { OpenGrant } from "#src/domain/request/judge-egress-grant.ts";
import { readGrants } from "#src/requests/observe/cluster-grants.ts";
import { type AzureTurn, takeAzureTurn } from "./azure-turn.ts";
import {
  type GatewayState,
  observeGateways,
  type ObservedGateways,
} from "#src/requests/observe/gateway-states.ts";
import { ensureNamespaceAndConfiguration } from "./gateway-objects.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import { recordProgress } from "./progress.ts";

/**
 * One tick of the gateways lane: observe, do every approved step that needs no ARM write, start or look at no more than
 * one ARM operation, and say what is waited for. All pending gateways of a cluster share its ticks, and one ARM write
 * enables every gateway whose egress IP prefix is ready.
 */
export async function runGatewaysLane(
  ports: LanePorts,
  cluster: Cluster,
  fenced?: Mesh,
): Promise<LaneResult> {
  const mesh = fenced ?? (await ports.meshOf(cluster.name));
  const { open, blocked, freezes, storeSilent } = await readGrants(ports, mesh, cluster.name);
  // What Redis may know of an end is not built for the first time.
  if (blocked !== undefined || freezes.length > 0 || storeSilent) return CONVERGED;
  const demand = open.filter(isNew);
  if (demand.length === 0) return CONVERGED;
  const wanted = wantedGateways(cluster, demand);
  const observed = await observeGateways(ports, mesh, { cluster, gateways: wanted });
  const approved = approvedSteps(demand);
  const failures = await ensureNamespaceAndConfiguration(ports, mesh, {
    cluster,
    observed,
    approved,
  });
  const turn = await takeAzureTurn(ports, {
    cluster,
    observed,
    approved,
    moreToCome: await areAdmittedSoon(ports, cluster),
  });
  await recordProgress(ports, { cluster, demand, observed, approved, turn, failures });
  return answer(ports, { cluster, observed, turn, mesh });
}

/** The gateways somebody waits for, in the configuration's order. */
function wantedGateways(
  cluster: Cluster,
  demand: readonly OpenGrant[],
): readonly ConfiguredGateway[] {
  const keys = new Set(demand.map(({ grant }) => gatewayKey(grant.gateway)));
  return cluster.gateways.filter((gateway) => keys.has(gatewayKey(gateway)));
}

/** What somebody approved to be built: nothing else is, even where it would be needed. */
function approvedSteps(demand: readonly OpenGrant[]): readonly Step[] {
  return demand.flatMap(({ admission }) => admission.payload.steps);
}

/** An approval that is being looked at: it would be a pity to write just before it. */
async function areAdmittedSoon(ports: LanePorts, { name }: Cluster): Promise<boolean> {
  return (await ports.store.list({ cluster: name, states: ["approved"] })).length > 0;
}

async function answer(
  ports: LanePorts,
  tick: {
    readonly cluster: Cluster;
    readonly observed: ObservedGateways;
    readonly turn: AzureTurn;
    readonly mesh: Mesh;
  },
): Promise<LaneResult> {
  const { cluster, observed, turn } = tick;
  // The mesh lane is cheap and level-triggered: it takes whichever gateways are ready.
  if (observed.gateways.some(isComplete))
    await ports.queue.add({ kind: "mesh", cluster: cluster.name });
  if (observed.gateways.every(isComplete) && turn.kind === "nothing") return CONVERGED;
  const waitsFor =
    turn.kind === "nothing"
      ? `gateways ${observed.gateways
          .filter((state) => !isComplete(state))
          .map(({ key }) => key)
          .join(", ")}`
      : turn.for;
  return { outcome: "waiting", for: waitsFor, retryAfterMs: retryAfter(ports, turn) };
}

function retryAfter(ports: LanePorts, turn: AzureTurn): number {
  return turn.kind === "nothing"
    ? ports.timing.laneParkMs
    : (turn.retryAfterMs ?? ports.timing.laneParkMs);
}

function isComplete(state: GatewayState): boolean {
  return state.enabled && state.ready && state.egressIpPrefix !== undefined;
}
