import { removalOf } from "#src/domain/admin/cluster-orders.ts";
import { statusFields } from "#src/domain/gateways/status.ts";
import { isMended } from "#src/domain/plan/azure/arm-step.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { GatewayLook } from "#src/requests/observe/gateways/gateway-states.ts";
import type { AutoscalersSeen } from "./autoscalers.ts";
import { type Built, isServing, type Tick } from "./tick.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Says on each EgressGateway what this tick saw of it; what cannot be written now is written by a later one. Other lanes
 * are woken by it where a gateway has come or gone.
 */
export async function recordStatuses(
  tick: Tick,
  built: Built,
  autoscalers: AutoscalersSeen,
): Promise<void> {
  const { ports, cluster } = tick.place;
  for (const look of tick.looks) {
    const object = tick.memory.of(look.gateway);
    if (object === undefined) continue;
    const { observed, egressIpPrefix } = look;
    const seen = {
      egressIpPrefix,
      revisions: observed?.revisions ?? [],
      facts: observed?.facts,
      ready: observed?.ready ?? false,
      why: whyNotReady(look, tick, built),
      autoscaler: autoscalers.get(look.key) ?? { kind: "unseen" as const },
    };
    const more = memoryFields(look, tick, built);
    const fields = statusFields(object, seen, { more, now: ports.clock.now() });
    if (fields === undefined) continue;
    try {
      await tick.memory.remember(look.gateway, {}, fields);
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      ports.log.info(
        { cluster: cluster.name, subject: look.key, err: error },
        "a status is written by the next run",
      );
    }
  }
}

function whyNotReady(look: GatewayLook, tick: Tick, built: Built): string {
  const problem = built.problems.get(look.key) ?? tick.problems.get(look.key);
  if (problem !== undefined) return problem.why;
  const obstacle = built.needs.find(({ state }) => state.key === look.key)?.obstacle;
  if (obstacle !== undefined) return `${obstacle.step.kind}: ${obstacle.why}`;
  const failures = tick.memory.memory(look.gateway).failures;
  if (failures !== undefined) return `waiting for ${failures.message}`;
  if (look.warning !== undefined) return `${look.warning.reason}: ${look.warning.message}`;
  if (look.egressIpPrefix === undefined) return "it has no egress IP prefix yet";
  return look.observed === undefined ? "it has no Deployment yet" : "none of its pods is available";
}

/** What the lane no longer has to remember, and since when a gateway only waits to be enabled. */
function memoryFields(look: GatewayLook, tick: Tick, built: Built): Fields {
  const { ports } = tick.place;
  const { failures, operationProblem, readySince } = tick.memory.memory(look.gateway);
  const forgotten = operationProblem === undefined ? {} : { operation: null };
  if (operationProblem !== undefined) logUnsigned(tick, look, operationProblem);
  // What failed is of its removal.
  if (removalOf(tick.orders, look.gateway) !== undefined) return forgotten;
  if (isServing(look)) return { ...forgotten, readySince: null, failures: null };
  const need = built.needs.find(({ state }) => state.key === look.key);
  const { infrastructure } = built;
  if (infrastructure === undefined) return forgotten;
  // Nobody needs it any more: what it failed at keeps nobody.
  if (need === undefined) return { ...forgotten, readySince: null, failures: null };
  const isWaiting = look.egressIpPrefix !== undefined && !need.state.enabled;
  const mended = failures !== undefined && isMended(failures, need, infrastructure);
  return {
    ...forgotten,
    readySince: isWaiting ? timeText(readySince ?? ports.clock.now()) : null,
    ...(mended ? { failures: null } : cutPause(tick, look)),
  };
}

/** A pause that is longer than any of ours is written down as it is kept, so that it passes. */
function cutPause({ memory }: Tick, { gateway }: GatewayLook): Fields {
  const stored = memory.of(gateway)?.status?.["failures"];
  const { failures } = memory.memory(gateway);
  const until = failures === undefined ? undefined : timeText(failures.until);
  if (until === undefined || typeof stored !== "object" || stored === null) return {};
  return "until" in stored && Date.parse(String(stored.until)) !== failures?.until
    ? { failures: { ...stored, until } }
    : {};
}

function logUnsigned({ place }: Tick, { key }: GatewayLook, problem: string): void {
  const { ports, cluster } = place;
  ports.log.warn(
    { cluster: cluster.name, subject: key, reason: problem },
    "an operation that the worker did not sign is not followed: the cluster itself is read instead",
  );
}
