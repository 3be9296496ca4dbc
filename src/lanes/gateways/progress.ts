import { sameJson } from "#src/domain/canonical.ts";
import { failuresOf, isArmStep, type Memories } from "#src/domain/gateways/memory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { GatewayNeed } from "#src/domain/plan/buildable.ts";
import { isNew } from "#src/domain/plan/situation.ts";
import { progressLines } from "#src/domain/plan/progress.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Progress, ProgressLine } from "#src/domain/request/request.ts";
import { type Built, isServing, type Tick } from "./tick.ts";

export function progressKey(requestId: string): string {
  return `progress:${requestId}`;
}

/** Where a lane leaves what keeps it from going on, for people. */
export function problemKey(requestId: string): string {
  return `problem:${requestId}`;
}

/**
 * Stores, for each request that was never in place, what has been done, what runs and what is waited for; repaints only
 * when it changed, and once more when its gateway is complete.
 */
export async function recordProgress(tick: Tick, built: Built): Promise<void> {
  const { lanes, queue } = tick.place.ports;
  const started = tick.grants.filter(isNew);
  if (started.length === 0) return;
  // Once for all of them: what gateways remember is read from what is signed.
  const memories = tick.memory.memories();
  for (const open of started) {
    const { requestId } = open;
    const lines = linesOf(open, { tick, memories }, built);
    if (lines.length === 0) continue;
    const key = progressKey(requestId);
    const progress = { lines } satisfies Progress;
    if (sameJson((await lanes.read(key)) ?? null, progress)) continue;
    await lanes.write(key, progress);
    await queue.add({ kind: "notify", requestId });
  }
}

function linesOf(
  { grant, admission }: OpenGrant,
  { tick, memories }: { readonly tick: Tick; readonly memories: Memories },
  { infrastructure, needs, turn, made, problems }: Built,
): readonly ProgressLine[] {
  const key = gatewayKey(grant.gateway);
  const { looks, place } = tick;
  const gateway = place.cluster.gateways.find((each) => gatewayKey(each) === key);
  const need = needs.find(({ state }) => state.key === key) ?? completeNeed(tick, key);
  const isKnown = need !== undefined || gateway === undefined;
  // A tick in which Azure was not asked says nothing new of what is not complete.
  if (!isKnown) return [];
  const gateways = looks.map((look) => look.gateway);
  return progressLines({
    steps: admission.payload.steps,
    gateway: key,
    need,
    pools: infrastructure?.azure.pools ?? [],
    turn,
    failures: (step) =>
      gateway === undefined || !isArmStep(step)
        ? undefined
        : failuresOf(step, gateway, { memories, gateways }),
    problem: problems.get(key),
    made: made.get(key) ?? [],
  });
}

/** Of a gateway that serves: nothing of it is missing. */
function completeNeed({ looks }: Tick, key: string): GatewayNeed | undefined {
  const look = looks.find((each) => each.key === key);
  if (look === undefined || !isServing(look)) return undefined;
  const { observed: _, ...rest } = look;
  const state = { ...rest, enabled: true, ready: true };
  return { state, missing: [], steps: [], obstacle: undefined };
}
