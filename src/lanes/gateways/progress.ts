import type { Cluster } from "#src/domain/directory.ts";
import { sameJson } from "#src/domain/canonical.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { infrastructureSteps, USUALLY } from "#src/domain/plan/infrastructure-steps.ts";
import type { Progress, ProgressLine, Step } from "#src/domain/request/request.ts";
import type { AzureTurn } from "./azure-turn.ts";
import { buildable, type Obstacle } from "#src/domain/plan/buildable.ts";
import type { OpenGrant } from "#src/domain/request/judge-egress-grant.ts";
import type { GatewayFailures } from "./gateway-objects.ts";
import type { GatewayState, ObservedGateways } from "#src/requests/observe/gateway-states.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

interface Tick {
  readonly cluster: Cluster;
  readonly demand: readonly OpenGrant[];
  readonly observed: ObservedGateways;
  /** Steps in anybody's approved plan. */
  readonly approved: readonly Step[];
  readonly turn: AzureTurn;
  readonly failures: GatewayFailures;
}

export function progressKey(requestId: string): string {
  return `progress:${requestId}`;
}

/** Where a lane leaves what keeps it from going on, for people. */
export function problemKey(requestId: string): string {
  return `problem:${requestId}`;
}

/** Stores, for each waiting request, what has been done, what runs and what is waited for; repaints only when it changed. */
export async function recordProgress(
  ports: Pick<LanePorts, "lanes" | "queue" | "clock">,
  tick: Tick,
): Promise<void> {
  for (const open of tick.demand) {
    const { requestId, grant } = open;
    const states = tick.observed.gateways.filter(({ key }) => key === gatewayKey(grant.gateway));
    const key = progressKey(requestId);
    const before = await ports.lanes.read(key);
    const now = { lines: progressLines(open, states, tick) } satisfies Progress;
    if (sameJson(before ?? null, now)) continue;
    await ports.lanes.write(key, now);
    await ports.queue.add({ kind: "notify", requestId });
  }
}

function progressLines(
  open: OpenGrant,
  states: readonly GatewayState[],
  tick: Tick,
): readonly ProgressLine[] {
  const { steps } = open.admission.payload;
  const lines = stepLines(steps, states, tick);
  if (lines.length === 0) return [];
  const prefix = prefixLine(open, states, lines);
  const at = lines.findIndex(({ step }) => step === "egress-gateway");
  return at === -1 ? [...lines, prefix] : [...lines.slice(0, at), prefix, ...lines.slice(at)];
}

/** What keeps a step from being taken stands in its place; what nobody approved has none, and comes first. */
function stepLines(
  steps: readonly Step[],
  states: readonly GatewayState[],
  tick: Tick,
): readonly ProgressLine[] {
  const obstacle = obstacleOf(states, tick);
  if (obstacle === undefined) {
    const open = steps.find((step) => !isDone(step, states, tick));
    const { turn } = tick;
    const isSaid =
      turn.kind !== "held-up" ||
      steps.some((step) => step.kind === turn.step && !isDone(step, states, tick));
    // What holds up whatever comes next is said there, and once.
    return steps.map((step) =>
      step === open && !isSaid
        ? stepLine(step, states, { ...tick, turn: { ...turn, step: step.kind } })
        : stepLine(step, states, tick),
    );
  }
  const at = steps.findIndex((step) => sameJson(step, obstacle.step));
  return [
    ...steps.slice(0, Math.max(at, 0)).map((step) => stepLine(step, states, tick)),
    obstacleLine(obstacle),
    ...steps.slice(at + 1).map((step) => stepLine(step, states, tick)),
  ];
}

const NAMES: Readonly<Record<Step["kind"], (target: string) => string>> = {
  "static-egress-feature": () => "static egress feature",
  "gateway-node-pool": (target) => `gateway node pool ${target}`,
  namespace: (target) => `namespace ${target}`,
  "static-gateway-configuration": (target) => `StaticGatewayConfiguration ${target}`,
  "egress-gateway": (target) => `egress gateway ${target}`,
};

function stepLine(step: Step, states: readonly GatewayState[], tick: Tick): ProgressLine {
  const text = NAMES[step.kind](step.target);
  const base = { step: step.kind, text, usually: USUALLY[step.kind] };
  if (isDone(step, states, tick)) return { step: step.kind, text, status: "done" };
  const { turn } = tick;
  if (turn.kind === "running" && turn.step === step.kind)
    return { ...base, status: "running", since: turn.since };
  if (turn.kind === "held-up" && turn.step === step.kind)
    return { ...base, status: "waiting", text: `${text}: waiting for ${turn.for}` };
  return { ...base, status: "todo" };
}

function obstacleOf(
  states: readonly GatewayState[],
  { cluster, observed, approved, failures }: Tick,
): Obstacle | undefined {
  const found = states.map(({ gateway, key }) => ({
    key,
    ...buildable({ cluster, gateway }, observed.infrastructure, approved),
  }));
  const obstacle = found.find((each) => each.obstacle !== undefined)?.obstacle;
  if (obstacle !== undefined) return obstacle;
  for (const { key, steps } of found) {
    const why = failures.get(key);
    const step = steps.find(({ kind }) => kind === "namespace") ?? steps.find(isConfiguration);
    if (why !== undefined && step !== undefined) return { step, why };
  }
  return undefined;
}

function isConfiguration({ kind }: Step): boolean {
  return kind === "static-gateway-configuration";
}

function obstacleLine({ step, why }: Obstacle): ProgressLine {
  return { step: step.kind, status: "failed", text: `${NAMES[step.kind](step.target)}: ${why}` };
}

function isDone(step: Step, states: readonly GatewayState[], { cluster, observed }: Tick): boolean {
  if (step.kind === "egress-gateway") return states.every(({ enabled, ready }) => enabled && ready);
  const pool = observed.infrastructure.azure.pools.find(({ name }) => name === step.target);
  if (step.kind === "gateway-node-pool" && pool?.provisioningState === "Failed") return false;
  const needed = states.flatMap(({ gateway }) =>
    infrastructureSteps(cluster, gateway, observed.infrastructure),
  );
  return !needed.some(({ kind, target }) => kind === step.kind && target === step.target);
}

function prefixLine(
  { admission }: OpenGrant,
  states: readonly GatewayState[],
  before: readonly ProgressLine[],
): ProgressLine {
  const missing = states.find(({ egressIpPrefix }) => egressIpPrefix === undefined);
  if (missing === undefined)
    return { step: "egress-ip-prefix", status: "done", text: "egress IP prefix" };
  const started =
    before.find(({ step }) => step === "static-gateway-configuration")?.status ?? "done";
  const base = { step: "egress-ip-prefix", usually: USUALLY["egress-ip-prefix"] } as const;
  if (started !== "done") return { ...base, status: "todo", text: "egress IP prefix" };
  const warning =
    missing.warning === undefined ? "" : `: ${missing.warning.reason}: ${missing.warning.message}`;
  return {
    ...base,
    status: missing.warning === undefined ? "waiting" : "failed",
    text: `egress IP prefix of ${missing.key}${warning}`,
    since: admission.payload.at,
  };
}
