import { warningText } from "../gateways/configuration-warning.ts";
import { type Failures, isArmStep, type Operation } from "../gateways/memory.ts";
import type { ProgressLine, Step } from "../request/request.ts";
import type { GatewayNeed, Obstacle } from "./buildable.ts";
import { type AgentPoolFacts, type GatewayState, isComplete } from "./azure/infrastructure.ts";
import { USUALLY } from "./azure/infrastructure-steps.ts";

/** What the lane did in Azure in this tick. */
export type ArmTurn =
  | { readonly kind: "running"; readonly operation: Operation }
  | {
      readonly kind: "wait";
      /** `unclear`: a write got no answer, so the cluster is read again. */
      readonly because: "busy" | "batch" | "pause" | "unclear";
      /** Completes "waiting for …". */
      readonly for: string;
    }
  | { readonly kind: "nothing" };

/** What the API server refused for one gateway alone. */
export interface OwnProblem {
  /** "egress-gateway" where it is the EgressGateway itself. */
  readonly step: Step["kind"];
  readonly why: string;
}

export interface ProgressInput {
  /** Of the request's own admission. */
  readonly steps: readonly Step[];
  /** `namespace/name` of the gateway it needs. */
  readonly gateway: string;
  /** That gateway as seen in this tick; undefined where the configuration no longer has it. */
  readonly need: GatewayNeed | undefined;
  readonly pools: readonly AgentPoolFacts[];
  readonly turn: ArmTurn;
  /** What failed before and is not mended. */
  readonly failures: (step: Step["kind"]) => Failures | undefined;
  readonly problem: OwnProblem | undefined;
  /** Steps carried out in this tick, after it was looked at. */
  readonly made: readonly Step[];
}

/**
 * What has been done, what runs and what is waited for, as one request's people read it. Pure. Nothing where the request
 * needed nothing and its gateway is complete.
 */
export function progressLines(input: ProgressInput): readonly ProgressLine[] {
  const { need, gateway } = input;
  if (need === undefined) {
    const text = `egress gateway ${gateway}: the configuration no longer has it; ask again through another one`;
    return [{ step: "egress-gateway", status: "failed", text }];
  }
  const steps = stepsShown(input, need.state);
  if (steps.length === 0) return [];
  const open = steps.filter((step) => !isDone(step, need, input));
  const lines = steps.map((step) => lineOf(step, { ...input, need, open }));
  return withPrefix(withObstacle(lines, steps, need.obstacle), need.state);
}

/** A gateway that was there when the request was made, and is not now, is waited for all the same. */
function stepsShown({ steps, gateway }: ProgressInput, state: GatewayState): readonly Step[] {
  if (steps.length > 0 || isComplete(state)) return steps;
  return [{ kind: "egress-gateway", target: gateway, spec: {} }];
}

interface Seen extends ProgressInput {
  readonly need: GatewayNeed;
  /** Not done yet, in their order. */
  readonly open: readonly Step[];
}

const NAMES: Readonly<Record<Step["kind"], (target: string) => string>> = {
  "static-egress-feature": () => "static egress feature",
  "gateway-node-pool": (target) => `gateway node pool ${target}`,
  namespace: (target) => `namespace ${target}`,
  "static-gateway-configuration": (target) => `StaticGatewayConfiguration ${target}`,
  "egress-gateway": (target) => `egress gateway ${target}`,
  "shared-mesh-config": (target) => `mesh configuration of revision ${target}`,
  sidecar: (target) => `Sidecar of namespace ${target}`,
};

function isDone(
  step: Step,
  { state, missing }: GatewayNeed,
  { made, pools, failures }: ProgressInput,
): boolean {
  if (step.kind === "egress-gateway") return state.enabled && state.ready;
  if (step.kind === "gateway-node-pool" && isFailed(step.target, pools)) return false;
  // Azure keeps what was asked for, also where it failed.
  if (failures(step.kind) !== undefined) return false;
  return !missing.some((each) => isSame(each, step)) || made.some((each) => isSame(each, step));
}

function isSame(one: Step, other: Step): boolean {
  return one.kind === other.kind && one.target === other.target;
}

function isFailed(pool: string, pools: readonly AgentPoolFacts[]): boolean {
  return pools.find(({ name }) => name === pool)?.provisioningState === "Failed";
}

function lineOf(step: Step, seen: Seen): ProgressLine {
  const name = NAMES[step.kind](step.target);
  if (!seen.open.includes(step)) return { step: step.kind, status: "done", text: name };
  const keeps = problemOf(step, seen) ?? turnOf(step, seen) ?? { status: "todo" };
  const { text, ...rest } = keeps;
  return {
    step: step.kind,
    text: text === undefined ? name : `${name}: ${text}`,
    usually: USUALLY[step.kind],
    ...rest,
  };
}

type Held = Pick<ProgressLine, "status" | "since"> & { readonly text?: string };

/** What keeps this very step. */
function problemOf(step: Step, seen: Seen): Held | undefined {
  const { problem, turn, failures, open } = seen;
  if (problem?.step === step.kind || (problem?.step === "egress-gateway" && step === open[0]))
    return { status: "failed", text: problem.why };
  if (turn.kind === "running" && isOf(turn.operation, step))
    return { status: "running", since: turn.operation.since };
  const failed = failures(step.kind);
  return failedPool(step, seen, failed) ?? (failed === undefined ? undefined : held(failed));
}

/** A node pool that failed by itself only a person can repair or delete. */
function failedPool(
  { kind, target }: Step,
  { pools }: Seen,
  failed: Failures | undefined,
): Held | undefined {
  if (kind !== "gateway-node-pool" || !isFailed(target, pools)) return undefined;
  const text = `waiting for node pool ${target}, which is Failed in Azure: repair or delete it`;
  const why = failed === undefined ? "" : `; it waited for ${failed.message}`;
  return { status: "failed", text: `${text}${why}` };
}

function held({ kind, message }: Failures): Held {
  const isSomebodys = kind === "mend" || kind === "refused";
  return { status: isSomebodys ? "failed" : "waiting", text: `waiting for ${message}` };
}

function isOf({ step, target, gateways }: Operation, { kind, target: of }: Step): boolean {
  if (step !== kind) return false;
  return step === "egress-gateway" ? gateways.includes(of) : target === of;
}

/** What keeps whatever comes next in Azure is said there, and once. */
function turnOf(step: Step, { turn, open, need: { state } }: Seen): Held | undefined {
  if (step.kind === "egress-gateway" && state.enabled) return withoutPod(state);
  if (step !== open.find(({ kind }) => isArmStep(kind))) return undefined;
  if (turn.kind === "running")
    return { status: "waiting", text: `waiting for ${turn.operation.what}, which comes first` };
  if (turn.kind === "nothing" || turn.because === "pause") return undefined;
  if (turn.because === "batch" && state.egressIpPrefix === undefined) return undefined;
  return { status: "waiting", text: `waiting for ${turn.for}` };
}

function withoutPod({ keepsPods }: GatewayState): Held {
  if (keepsPods === undefined) return { status: "waiting", text: "waiting for its first pod" };
  const { isSomebodys, text } = keepsPods;
  return { status: isSomebodys ? "failed" : "waiting", text };
}

/** What stands in the way takes its step's place; one nobody approved has none, and comes first. */
function withObstacle(
  lines: readonly ProgressLine[],
  steps: readonly Step[],
  obstacle: Obstacle | undefined,
): readonly ProgressLine[] {
  if (obstacle === undefined) return lines;
  const { step, why } = obstacle;
  const line = {
    step: step.kind,
    status: "failed",
    text: `${NAMES[step.kind](step.target)}: ${why}`,
  } as const;
  const at = steps.findIndex((each) => isSame(each, step));
  return at === -1 ? [line, ...lines] : lines.toSpliced(at, 1, line);
}

/** The prefix is waited for before the gateway is enabled. */
function withPrefix(lines: readonly ProgressLine[], state: GatewayState): readonly ProgressLine[] {
  const at = lines.findIndex(({ step }) => step === "egress-gateway");
  return lines.toSpliced(at === -1 ? lines.length : at, 0, prefixLine(state));
}

function prefixLine({
  key,
  egressIpPrefix,
  configurationSince,
  warning,
}: GatewayState): ProgressLine {
  const step = "egress-ip-prefix";
  if (egressIpPrefix !== undefined) return { step, status: "done", text: "egress IP prefix" };
  const usually = USUALLY[step];
  if (configurationSince === undefined)
    return { step, status: "todo", text: "egress IP prefix", usually };
  const text = `egress IP prefix of ${key}`;
  return warning === undefined
    ? { step, status: "waiting", text, usually, since: configurationSince }
    : {
        step,
        status: "failed",
        text: `${text}: ${warningText(warning)}`,
        usually,
        since: configurationSince,
      };
}
