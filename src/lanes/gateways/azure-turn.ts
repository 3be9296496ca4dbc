import {
  type Cluster,
  type ConfiguredGateway,
  gatewayConfigurationName,
} from "#src/domain/directory.ts";
import { failuresAfter } from "#src/domain/gateways/failures.ts";
import type { ArmStep, Failures, Memories, Operation } from "#src/domain/gateways/memory.ts";
import { type GatewayRef, gatewayKey } from "#src/domain/grant.ts";
import {
  type ArmSituation,
  type ArmWrite,
  busyWith,
  nextArmStep,
  type PlannedWrite,
} from "#src/domain/plan/azure/arm-step.ts";
import {
  type AzureAnswer,
  judgeAzureAnswer,
  quoteAzure,
} from "#src/domain/plan/azure/azure-answers.ts";
import type { ManagedClusterFacts } from "#src/domain/plan/azure/infrastructure.ts";
import type { ArmTurn } from "#src/domain/plan/progress.ts";
import { AzureRefusal, type OperationHandle } from "#src/ports/cluster/clusters.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { addressOf } from "#src/requests/observe/cluster-address.ts";
import { type EgressGateways, type Place, problemIn } from "./egress-gateways.ts";

/** What the lane did in Azure, and when it looks again where that is not the next tick. */
export type AzureTurn = ArmTurn & { readonly retryAfterMs?: number };

interface Turn {
  readonly place: Place;
  readonly memory: EgressGateways;
}

/**
 * One look at the operation of ours that runs, if one does: kept on whichever gateway needed it first. Undefined where
 * none does.
 */
export async function followOperation(turn: Turn): Promise<AzureTurn | undefined> {
  const [kept] = running(turn.memory.memories());
  if (kept === undefined) return undefined;
  const { operation, keeper } = kept;
  let seen;
  try {
    seen = await turn.place.ports.clusters.operation(operation.handle);
  } catch (error) {
    // A look that failed says nothing about the operation.
    if (!(error instanceof RetryableError)) throw error;
    return { kind: "running", operation, ...retry(error) };
  }
  if (seen.state === "running") return { kind: "running", operation };
  if (seen.state === "failed") {
    const { code, message } = seen;
    return failed(turn, { operation, keeper }, { status: undefined, code, message });
  }
  // Succeeded or gone: what Azure now says of the cluster is the truth, and is read at once.
  if (operation.undo !== true) await rememberMade(turn.memory, operation, operation.since);
  await turn.memory.remember(keeper, { operation: undefined });
  return { kind: "running", operation, retryAfterMs: 0 };
}

interface Kept {
  readonly operation: Operation;
  readonly keeper: GatewayRef;
}

function running(memories: Memories): readonly Kept[] {
  return [...memories].flatMap(([key, { operation }]) =>
    operation === undefined ? [] : [{ operation, keeper: refOf(key) }],
  );
}

function refOf(key: string): GatewayRef {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}

/** Starts what comes next in Azure, if anything does, and remembers it right after Azure took it. */
export async function startNext(turn: Turn, situation: ArmSituation): Promise<AzureTurn> {
  const decision = nextArmStep(situation);
  if (decision.kind !== "write") return decision;
  const { ports, cluster } = turn.place;
  const planned = operationOf(turn, decision);
  let handle;
  try {
    handle = await write(turn, decision, situation.infrastructure.azure.etag);
  } catch (error) {
    return refused(turn, { operation: planned, keeper: decision.keeper }, error);
  }
  const { step, what } = planned;
  ports.log.info({ cluster: cluster.name, step, subject: what }, "azure operation started");
  const operation = { ...planned, handle: handle ?? "" };
  try {
    await rememberStart(turn, decision, operation);
  } catch (error) {
    const why = problemIn(error);
    ports.log.warn(
      { cluster: cluster.name, step, subject: what, reason: why },
      "an operation could not be remembered: the cluster itself is read instead",
    );
  }
  return { kind: "running", operation, ...(handle === undefined ? { retryAfterMs: 0 } : {}) };
}

/** Takes away what a step made, unless Azure is busy or it failed a moment ago. */
export async function removeInAzure(
  turn: Turn,
  {
    step,
    gateway,
    azure,
  }: {
    readonly step: ArmStep;
    readonly gateway: ConfiguredGateway;
    readonly azure: ManagedClusterFacts;
  },
): Promise<AzureTurn> {
  const { ports, cluster } = turn.place;
  const busy = busyWith(azure);
  if (busy !== undefined) return { kind: "wait", because: "busy", for: busy };
  const { failures } = turn.memory.memory(gateway);
  if (failures !== undefined && failures.step === step && ports.clock.now() < failures.until)
    return { kind: "wait", because: "pause", for: failures.message };
  const what = REMOVING[step]({ gateway, cluster });
  const operation: Operation = {
    handle: "",
    step,
    target: step === "gateway-node-pool" ? gateway.pool : cluster.name,
    since: ports.clock.now(),
    undo: true,
    what,
    gateways: [],
  };
  let handle;
  try {
    handle = await undo(turn, { step, gateway, etag: azure.etag });
  } catch (error) {
    return refused(turn, { operation, keeper: gateway }, error);
  }
  ports.log.info({ cluster: cluster.name, step, subject: what }, "azure operation started");
  const started = { ...operation, handle: handle ?? "" };
  await turn.memory.remember(gateway, {
    failures: undefined,
    operation: handle === undefined ? undefined : started,
  });
  return { kind: "running", operation: started };
}

const REMOVING: Readonly<
  Record<
    ArmStep,
    (of: { readonly gateway: ConfiguredGateway; readonly cluster: Cluster }) => string
  >
> = {
  "egress-gateway": ({ gateway }) => `egress gateway ${gatewayKey(gateway)} to be disabled`,
  "gateway-node-pool": ({ gateway }) => `gateway node pool ${gateway.pool} to be deleted`,
  "static-egress-feature": ({ cluster }) =>
    `the static egress feature of ${cluster.name} to be turned off`,
};

function undo(
  { place: { ports, cluster } }: Turn,
  {
    step,
    gateway,
    etag,
  }: { readonly step: ArmStep; readonly gateway: ConfiguredGateway; readonly etag: string },
): Promise<OperationHandle | undefined> {
  const address = addressOf(cluster);
  switch (step) {
    case "egress-gateway":
      return ports.clusters.change(
        address,
        { egressGateways: [{ ...entryOf(gateway), enabled: false }] },
        etag,
      );
    case "gateway-node-pool":
      return ports.clusters.deletePool(address, gateway.pool);
    case "static-egress-feature":
      return ports.clusters.change(address, { staticEgress: false }, etag);
    default:
      return step satisfies never;
  }
}

function operationOf(
  { place: { ports, cluster } }: Turn,
  { write: planned, what }: PlannedWrite,
): Operation {
  const { step } = planned;
  return {
    handle: "",
    step,
    target: targetOf(planned, cluster.name),
    since: ports.clock.now(),
    what,
    gateways: step === "egress-gateway" ? planned.gateways.map(gatewayKey) : [],
  };
}

function targetOf(planned: ArmWrite, cluster: string): string {
  switch (planned.step) {
    case "static-egress-feature":
      return cluster;
    case "gateway-node-pool":
      return planned.pool.name;
    case "egress-gateway":
      return "";
    default:
      return planned satisfies never;
  }
}

function write(
  { place: { ports, cluster } }: Turn,
  { write: planned }: PlannedWrite,
  etag: string,
): Promise<OperationHandle | undefined> {
  const address = addressOf(cluster);
  switch (planned.step) {
    case "static-egress-feature":
      return ports.clusters.change(address, { staticEgress: true }, etag);
    case "gateway-node-pool":
      return ports.clusters.createGatewayPool(address, planned.pool);
    case "egress-gateway": {
      const egressGateways = planned.gateways.map(entryOf);
      return ports.clusters.change(address, { egressGateways }, etag);
    }
    default:
      return planned satisfies never;
  }
}

function entryOf(gateway: ConfiguredGateway) {
  const { name, namespace } = gateway;
  return {
    name,
    namespace,
    enabled: true,
    gatewayConfigurationName: gatewayConfigurationName(gateway),
  };
}

/** First the operation, which a restart goes on with; then what was made, on each gateway it was made for. */
async function rememberStart(
  { memory, place: { ports } }: Turn,
  { keeper, write: { step } }: PlannedWrite,
  operation: Operation,
): Promise<void> {
  const at = ports.clock.now();
  const kept = operation.handle === "" ? {} : { operation };
  const own = step === "egress-gateway" ? gatewayKey(keeper) : operation.target;
  await memory.remember(keeper, { ...kept, made: [{ kind: step, target: own, at }] });
  await rememberMade(memory, operation, at);
}

/** That each of the gateways was made; also again, where the process ended in the middle of it. */
async function rememberMade(
  memory: EgressGateways,
  { gateways }: Operation,
  at: number,
): Promise<void> {
  const kind = "egress-gateway";
  for (const key of gateways) {
    const { made } = memory.memory(refOf(key));
    if (!made.some((each) => each.kind === kind && each.target === key))
      await memory.remember(refOf(key), { made: [{ kind, target: key, at }] });
  }
}

/** A write that was not taken: the cluster is as it was, or nobody can say, and the next tick reads it. */
async function refused(turn: Turn, kept: Kept, error: unknown): Promise<AzureTurn> {
  const why = problemIn(error);
  const cause = Error.isError(error) ? error.cause : undefined;
  if (cause instanceof AzureRefusal && !isStale(cause.answer))
    return failed(turn, kept, cause.answer, error instanceof RetryableError ? retry(error) : {});
  if (error instanceof FatalError && !(cause instanceof AzureRefusal))
    return failed(turn, kept, { status: undefined, code: error.code, message: why });
  return {
    kind: "wait",
    because: "unclear",
    for: `Azure to take the write for ${kept.operation.what}: ${why}`,
  };
}

/** Somebody else wrote first. A quota is refused with the same status. */
function isStale(answer: AzureAnswer): boolean {
  return answer.status === 412 && judgeAzureAnswer(answer).kind === "wait";
}

/** Remembers why a step failed, on every gateway it was for, and how long to leave it. */
async function failed(
  { place: { ports, cluster }, memory }: Turn,
  { operation, keeper }: Kept,
  answer: AzureAnswer,
  { retryAfterMs = 0 }: { readonly retryAfterMs?: number } = {},
): Promise<AzureTurn> {
  const { step, what } = operation;
  ports.log.warn(
    { cluster: cluster.name, step, subject: what, reason: quoteAzure(answer) },
    "azure did not do a step",
  );
  const now = ports.clock.now();
  const tickMs = ports.timing.laneParkMs;
  function failuresOn(gateway: GatewayRef): Failures {
    const { failures } = memory.memory(gateway);
    return failuresAfter(failures, { step, answer, retryAfterMs, now, tickMs });
  }
  for (const key of operation.gateways.filter((each) => each !== gatewayKey(keeper)))
    await memory.remember(refOf(key), { failures: failuresOn(refOf(key)) });
  // The keeper last: once the operation is taken off it, a crash makes nobody count the failure again.
  const failures = failuresOn(keeper);
  await memory.remember(keeper, { failures, operation: undefined });
  return { kind: "wait", because: "pause", for: `${what}: ${failures.message}` };
}

function retry(error: RetryableError): { readonly retryAfterMs?: number } {
  return error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
}
