import type { Cluster, ConfiguredGateway, GatewayPool } from "../../directory.ts";
import { gatewayKey } from "../../grant.ts";
import { type ArmStep, type Failures, failuresOf, type Memories } from "../../gateways/memory.ts";
import { pauseMs } from "./azure-answers.ts";
import type { GatewayNeed } from "../buildable.ts";
import type { ManagedClusterFacts } from "./infrastructure.ts";
import type { ObservedInfrastructure } from "./infrastructure-steps.ts";

/** What the lane would write to Azure; one of them a tick. */
export type ArmWrite =
  | { readonly step: "static-egress-feature" }
  | { readonly step: "gateway-node-pool"; readonly pool: GatewayPool }
  | { readonly step: "egress-gateway"; readonly gateways: readonly ConfiguredGateway[] };

export interface PlannedWrite {
  readonly write: ArmWrite;
  /** The gateway on whose EgressGateway the operation is kept: the first that needs it. */
  readonly keeper: ConfiguredGateway;
  /** In words. */
  readonly what: string;
}

export type ArmDecision =
  | ({ readonly kind: "write" } & PlannedWrite)
  /** `busy`: somebody's operation runs. `batch`: other prefixes are about to come. `pause`: the last try failed. */
  | {
      readonly kind: "wait";
      readonly because: "busy" | "batch" | "pause";
      /** Completes "waiting for …". */
      readonly for: string;
      /** Epoch ms, where that is known. */
      readonly until: number | undefined;
    }
  | { readonly kind: "nothing" };

export interface ArmSituation {
  readonly cluster: Cluster;
  readonly infrastructure: Pick<ObservedInfrastructure, "azure" | "configurationsServed">;
  /** The gateways somebody waits for, in the configuration's order. */
  readonly needs: readonly GatewayNeed[];
  readonly memories: Memories;
  /** Whether the static egress feature is in somebody's approved plan. */
  readonly featureApproved: boolean;
  /** Other requests may need gateways in a moment. */
  readonly moreToCome: boolean;
  /** Epoch ms. */
  readonly now: number;
  /** How long a gateway waits for others to be enabled with. */
  readonly batchMs: number;
  /** How often the lane looks. */
  readonly tickMs: number;
}

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/get: anything else means an operation runs. */
const SETTLED = ["Succeeded", "Failed", "Canceled"];

/** A write that fails is told in one statement, which has its bounds. */
export const MOST_GATEWAYS_A_WRITE = 100;

/**
 * Which write to Azure comes next, where none of ours is under way. Pure. A step that failed waits for its time and lets
 * the others go on: what keeps one gateway keeps no other.
 */
export function nextArmStep(situation: ArmSituation): ArmDecision {
  const busy = busyWith(situation.infrastructure.azure);
  if (busy !== undefined) return { kind: "wait", because: "busy", for: busy, until: undefined };
  const candidates = [featureStep(situation), ...poolSteps(situation), enablingStep(situation)];
  const decisions = candidates.filter((each) => each !== undefined);
  return (
    decisions.find(({ kind }) => kind === "write") ??
    decisions.find((each) => each.kind === "wait" && each.because === "batch") ??
    decisions.toSorted((one, other) => untilOf(one) - untilOf(other))[0] ?? { kind: "nothing" }
  );
}

function untilOf(decision: ArmDecision): number {
  return decision.kind === "wait" ? (decision.until ?? 0) : 0;
}

/** What keeps Azure from taking a write now, in words; undefined where nothing does. */
export function busyWith({ provisioningState, pools }: ManagedClusterFacts): string | undefined {
  if (!SETTLED.includes(provisioningState)) return `the cluster, which is ${provisioningState}`;
  const pool = pools.find((candidate) => !SETTLED.includes(candidate.provisioningState));
  return pool === undefined
    ? undefined
    : `node pool ${pool.name}, which is ${pool.provisioningState}`;
}

/** After a failed operation Azure keeps what was asked for although it is not there: reading it back looks like success. */
export function isUnsettledAfterFailure({ provisioningState }: ManagedClusterFacts): boolean {
  return provisioningState === "Failed" || provisioningState === "Canceled";
}

function featureStep(situation: ArmSituation): ArmDecision | undefined {
  const { needs, featureApproved } = situation;
  const write = { step: "static-egress-feature" } as const;
  const first = needs.find(({ steps }) => steps.some(({ kind }) => kind === write.step));
  if (first !== undefined) {
    const { gateway } = first.state;
    return unlessPaused(situation, { write, keeper: gateway, what: "the static egress feature" });
  }
  const waiting = needs.find(({ steps }) => steps.length > 0);
  if (waiting === undefined || !featureApproved || !isFeatureLost(situation)) return undefined;
  const what = "the static egress feature, once more";
  return unlessPaused(situation, { write, keeper: waiting.state.gateway, what });
}

/** Azure has it on, and what it brings into the cluster is not there: its operation failed. */
function isFeatureLost({ infrastructure: { azure, configurationsServed } }: ArmSituation): boolean {
  return azure.staticEgress && !configurationsServed && isUnsettledAfterFailure(azure);
}

function poolSteps(situation: ArmSituation): readonly ArmDecision[] {
  const { cluster, needs, infrastructure } = situation;
  if (!infrastructure.azure.staticEgress || isFeatureLost(situation)) return [];
  return cluster.pools.flatMap((pool) => {
    const first = needs.find(({ steps }) =>
      steps.some(({ kind, target }) => kind === "gateway-node-pool" && target === pool.name),
    );
    if (first === undefined) return [];
    return unlessPaused(situation, {
      write: { step: "gateway-node-pool", pool },
      keeper: first.state.gateway,
      what: `gateway node pool ${pool.name}`,
    });
  });
}

function unlessPaused(situation: ArmSituation, planned: PlannedWrite): ArmDecision {
  const failures = failuresFor(situation, planned.write.step, planned.keeper);
  return failures === undefined || situation.now >= failures.until
    ? { kind: "write", ...planned }
    : paused(failures);
}

function failuresFor(
  { needs, memories }: ArmSituation,
  step: ArmStep,
  gateway: ConfiguredGateway,
): Failures | undefined {
  return failuresOf(step, gateway, {
    memories,
    gateways: needs.map(({ state }) => state.gateway),
  });
}

function paused({ message, until }: Failures): ArmDecision {
  return { kind: "wait", because: "pause", for: message, until };
}

/**
 * One write for every gateway whose prefix is ready: at once where no other is on its way, else when the first has waited
 * long enough. What Azure refused as a whole is sent again in ever smaller parts, after the rest.
 */
function enablingStep(situation: ArmSituation): ArmDecision | undefined {
  const { now, needs, infrastructure } = situation;
  const again = isUnsettledAfterFailure(infrastructure.azure)
    ? needs.filter(({ state }) => state.enabled && !state.ready)
    : [];
  const waiting = needs.filter(({ steps }) => steps.some(({ kind }) => kind === "egress-gateway"));
  const ready = waiting.filter(({ state }) => state.egressIpPrefix !== undefined);
  const candidates = [...again, ...ready].map((need): Candidate => ({
    need,
    failures: failuresFor(situation, "egress-gateway", need.state.gateway),
  }));
  const due = candidates.filter(({ failures }) => failures === undefined || now >= failures.until);
  const whole = due.filter(({ failures }) => failures?.kind !== "refused");
  if (whole.length > 0) {
    const fresh = whole.filter(
      ({ failures, need }) => failures === undefined && !need.state.enabled,
    );
    const batch =
      fresh.length === whole.length ? batchWait(situation, { ready, waiting }) : undefined;
    return batch ?? enabling(whole.map(({ need }) => need).slice(0, MOST_GATEWAYS_A_WRITE));
  }
  return partStep(situation, candidates, due);
}

interface Candidate {
  readonly need: GatewayNeed;
  readonly failures: Failures | undefined;
}

/** The next part of what was refused: no more than AKS gives writes back, however many gateways are refused. */
function partStep(
  { now, tickMs }: ArmSituation,
  candidates: readonly Candidate[],
  due: readonly Candidate[],
): ArmDecision | undefined {
  const failures = candidates.flatMap((each) => each.failures ?? []);
  const latest = Math.max(
    ...failures.map(({ kind, count, until }) => until - pauseMs(kind, count, tickMs)),
  );
  const next = latest + pauseMs("wait", 1, tickMs);
  const fewest = Math.min(...due.map((each) => countOf(each.failures)));
  const part = due
    .filter((each) => countOf(each.failures) === fewest)
    .slice(0, partSize(candidates.length, fewest))
    .map(({ need }) => need);
  if (part.length > 0 && now >= next) return enabling(part);
  const soonest = failures.toSorted((one, other) => one.until - other.until)[0];
  return soonest === undefined
    ? undefined
    : paused({ ...soonest, until: Math.max(soonest.until, next) });
}

function countOf(failures: Failures | undefined): number {
  return failures?.count ?? 0;
}

/** Half of what was refused as a whole; of what was refused again, ever less: in the end each is sent alone. */
function partSize(waiting: number, refusals: number): number {
  return Math.max(1, Math.ceil(waiting / 2 ** Math.min(refusals, 10)));
}

function batchWait(
  { memories, moreToCome, now, batchMs, needs }: ArmSituation,
  {
    ready,
    waiting,
  }: { readonly ready: readonly GatewayNeed[]; readonly waiting: readonly GatewayNeed[] },
): ArmDecision | undefined {
  const oldest = Math.min(...ready.map(({ state }) => memories.get(state.key)?.readySince ?? now));
  const until = oldest + batchMs;
  const isWhole = !moreToCome && ready.length >= waiting.length;
  if (isWhole || now >= until || needs.length === 0) return undefined;
  return {
    kind: "wait",
    because: "batch",
    for: "the other gateways' egress IP prefixes, so that one write enables them all",
    until,
  };
}

function enabling(batch: readonly GatewayNeed[]): ArmDecision | undefined {
  const gateways = batch.map(({ state }) => state.gateway);
  const [keeper] = gateways;
  if (keeper === undefined) return undefined;
  return {
    kind: "write",
    write: { step: "egress-gateway", gateways },
    keeper,
    what: namesOf(gateways),
  };
}

const NAMED = 3;

function namesOf(gateways: readonly ConfiguredGateway[]): string {
  const named = gateways.slice(0, NAMED).map(gatewayKey).join(", ");
  const rest = gateways.length - NAMED;
  return `egress gateway${gateways.length === 1 ? "" : "s"} ${named}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Whether what a step failed at is there now, so that its cause is no longer told. */
export function isMended(
  { step }: Pick<Failures, "step">,
  { state }: GatewayNeed,
  { azure, configurationsServed }: ArmSituation["infrastructure"],
): boolean {
  switch (step) {
    case "static-egress-feature":
      return azure.staticEgress && configurationsServed;
    case "gateway-node-pool":
      return azure.pools.some(
        ({ name, provisioningState }) =>
          name === state.gateway.pool && provisioningState === "Succeeded",
      );
    case "egress-gateway":
      return state.enabled && state.ready;
    default:
      return step satisfies never;
  }
}
