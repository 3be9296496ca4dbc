import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { ConfiguredGateway } from "#src/domain/directory.ts";
import { failuresAfter } from "#src/domain/gateways/failures.ts";
import type { ArmStep, GatewayMemory } from "#src/domain/gateways/memory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type ArmWrite, nextArmStep } from "#src/domain/plan/azure/arm-step.ts";
import type { GatewayNeed } from "#src/domain/plan/buildable.ts";
import type { AzureAnswer } from "#src/domain/plan/azure/azure-answers.ts";
import {
  aGateway,
  allSteps,
  aMemory,
  aPool,
  aWorld,
  BATCH_MS,
  needsIn,
  NOW,
  someAzure,
  type Stage,
  stateIn,
  TICK_MS,
  type World,
} from "../some-gateways.ts";

/** What enabling was seen to take. */
const OPERATION_MS = 287_000;
/** A prefix is there after five minutes, says Azure's documentation. */
const LATEST_PREFIX_MS = 300_000;
const LONG_MS = 3 * 3_600_000;

interface Story {
  readonly gateways: readonly ConfiguredGateway[];
  /** By gateway, after its pool is there; Infinity: stuck. */
  readonly prefixAfterMs: readonly number[];
  readonly approved: ReadonlySet<string>;
  /** What Azure refuses, whatever else is in the write. */
  readonly refuses?: (write: ArmWrite) => AzureAnswer | undefined;
}

interface Written {
  readonly at: number;
  readonly write: ArmWrite;
}

/** Azure and the cluster as far as the lane sees them, with its memory; time moves by the ticks. */
function play({ gateways, prefixAfterMs, approved, refuses = () => undefined }: Story): {
  readonly written: readonly Written[];
  readonly refused: readonly Written[];
  readonly enabledAt: ReadonlyMap<string, number>;
} {
  const written: Written[] = [];
  const refused: Written[] = [];
  const memories = new Map<string, GatewayMemory>();
  const enabledAt = new Map<string, number>();
  const poolSince = new Map<string, number>();
  let feature = false;
  let running: { readonly write: ArmWrite; readonly until: number } | undefined;

  function settle(now: number): void {
    if (running === undefined || now < running.until) return;
    const { write } = running;
    running = undefined;
    if (write.step === "static-egress-feature") feature = true;
    if (write.step === "gateway-node-pool") poolSince.set(write.pool.name, now);
    if (write.step === "egress-gateway")
      for (const gateway of write.gateways) enabledAt.set(gatewayKey(gateway), now);
  }

  function stageOf(gateway: ConfiguredGateway, index: number, now: number): Stage {
    if (enabledAt.has(gatewayKey(gateway))) return "ready";
    const since = poolSince.get(gateway.pool);
    const isApproved = approved.has(gatewayKey(gateway));
    if (since === undefined || !isApproved) return "none";
    return now - since >= (prefixAfterMs[index] ?? Infinity) ? "prefix" : "configured";
  }

  const seen = new Map<string, { world: World; needs: readonly GatewayNeed[] }>();
  const steps = allSteps(gateways.filter((each) => approved.has(gatewayKey(each))));

  /** What it looks like now: the same as before where nothing happened. */
  function look(now: number): { world: World; needs: readonly GatewayNeed[] } {
    const stages = gateways.map((each, index) => stageOf(each, index, now));
    const pools = [...poolSince.keys()];
    const signature = JSON.stringify([stages, pools, feature]);
    const known = seen.get(signature);
    if (known !== undefined) return known;
    const named = gateways.map((each, index) => [gatewayKey(each), stages[index]]);
    const world = aWorld(gateways, {
      azure: someAzure({ staticEgress: feature, pools: pools.map((name) => aPool(name)) }),
      stages: Object.fromEntries(named) as Record<string, Stage>,
    });
    const found = { world, needs: needsIn(world, steps).filter(({ state }) => !state.ready) };
    seen.set(signature, found);
    return found;
  }

  function remember(world: World, now: number): void {
    for (const gateway of gateways) {
      const { key, egressIpPrefix, enabled } = stateIn(world, gateway);
      const before = memories.get(key) ?? aMemory();
      const isWaiting = egressIpPrefix !== undefined && !enabled;
      memories.set(key, {
        ...before,
        readySince: isWaiting ? (before.readySince ?? now) : undefined,
      });
    }
  }

  function fail(keys: readonly string[], step: ArmStep, answer: AzureAnswer, now: number): void {
    for (const key of keys) {
      const before = memories.get(key) ?? aMemory();
      const failed = { step, answer, retryAfterMs: 0, now, tickMs: TICK_MS };
      memories.set(key, { ...before, failures: failuresAfter(before.failures, failed) });
    }
  }

  for (let now = NOW; now < NOW + LONG_MS; now += TICK_MS) {
    settle(now);
    if (running !== undefined) continue;
    const { world, needs } = look(now);
    if (needs.length === 0) break;
    const decision = nextArmStep({
      cluster: world.cluster,
      infrastructure: world.infrastructure,
      needs,
      memories,
      featureApproved: true,
      moreToCome: false,
      now,
      batchMs: BATCH_MS,
      tickMs: TICK_MS,
    });
    remember(world, now);
    if (decision.kind !== "write") continue;
    const { write, keeper } = decision;
    const answer = refuses(write);
    if (answer === undefined) {
      written.push({ at: now, write });
      running = { write, until: now + OPERATION_MS };
      continue;
    }
    refused.push({ at: now, write });
    const concerned = write.step === "egress-gateway" ? write.gateways : [keeper];
    fail(concerned.map(gatewayKey), write.step, answer, now);
  }
  return { written, refused, enabledAt };
}

interface Cast {
  readonly gateways: readonly ConfiguredGateway[];
  readonly prefixAfterMs: readonly number[];
}

function aCast(most: number): fc.Arbitrary<Cast> {
  const one = fc.record({
    pool: fc.constantFrom("egress", "other"),
    prefixAfterMs: fc.integer({ min: 0, max: LATEST_PREFIX_MS }),
  });
  return fc.array(one, { minLength: 1, maxLength: most }).map((each) => ({
    gateways: each.map(({ pool }, index) => aGateway(index, pool)),
    prefixAfterMs: each.map(({ prefixAfterMs }) => prefixAfterMs),
  }));
}

function all({ gateways }: Pick<Cast, "gateways">): ReadonlySet<string> {
  return new Set(gateways.map(gatewayKey));
}

function enablings(written: readonly Written[]): readonly (readonly string[])[] {
  return written.flatMap(({ write }) =>
    write.step === "egress-gateway" ? [write.gateways.map(gatewayKey)] : [],
  );
}

describe("whatever gateways are wanted, and whenever their prefixes come,", () => {
  it("each is enabled once; the feature and each pool are written once", () => {
    fc.assert(
      fc.property(aCast(12), (cast) => {
        const { written, enabledAt } = play({ ...cast, approved: all(cast) });

        expect(enabledAt.size).toBe(cast.gateways.length);
        expect(enablings(written).flat().toSorted()).toEqual([...all(cast)].toSorted());
        const pools = new Set(cast.gateways.map(({ pool }) => pool));
        const steps = written.map(({ write }) => write.step);
        expect(steps.filter((step) => step === "static-egress-feature")).toHaveLength(1);
        expect(steps.filter((step) => step === "gateway-node-pool")).toHaveLength(pools.size);
      }),
      { numRuns: 40 },
    );
  });

  it("fifty on one pool need no more than two writes that enable gateways", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: LATEST_PREFIX_MS }), { minLength: 50, maxLength: 50 }),
        (prefixAfterMs) => {
          const gateways = prefixAfterMs.map((_, index) => aGateway(index));
          const { written, enabledAt } = play({
            gateways,
            prefixAfterMs,
            approved: all({ gateways }),
          });

          expect(enabledAt.size).toBe(50);
          expect(enablings(written).length).toBeLessThanOrEqual(2);
        },
      ),
      { numRuns: 10 },
    );
  });

  it("one whose prefix never comes delays the others by no more than the window", () => {
    fc.assert(
      fc.property(aCast(8), fc.nat(7), (cast, stuck) => {
        const at = stuck % cast.gateways.length;
        const prefixAfterMs = cast.prefixAfterMs.map((ms, index) => (index === at ? Infinity : ms));
        const whole = play({ ...cast, approved: all(cast) });
        const { enabledAt } = play({ ...cast, prefixAfterMs, approved: all(cast) });

        for (const [index, gateway] of cast.gateways.entries()) {
          const key = gatewayKey(gateway);
          const when = enabledAt.get(key);
          if (index === at) expect(when).toBeUndefined();
          else
            expect(when ?? Infinity).toBeLessThanOrEqual(
              (whole.enabledAt.get(key) ?? 0) + BATCH_MS + OPERATION_MS + TICK_MS,
            );
        }
      }),
      { numRuns: 30 },
    );
  });

  it("nothing is written that only an unapproved gateway needs", () => {
    fc.assert(
      fc.property(aCast(8), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (cast, yes) => {
        const granted = cast.gateways.filter((_, index) => yes[index]);
        const { written } = play({ ...cast, approved: all({ gateways: granted }) });

        const pools = new Set(granted.map(({ pool }) => pool));
        for (const { write } of written) {
          if (write.step === "gateway-node-pool") expect(pools).toContain(write.pool.name);
          if (write.step === "egress-gateway")
            expect(granted).toEqual(expect.arrayContaining([...write.gateways]));
        }
        if (granted.length === 0) expect(written).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("what Azure refuses", () => {
  const refusal: AzureAnswer = { status: 400, code: "BadRequest", message: "disallowed" };

  it("keeps one gateway, and after few tries no other of the same write", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.nat(49), (count, which) => {
        const gateways = Array.from({ length: count }, (_, index) => aGateway(index));
        const bad = gatewayKey(aGateway(which % count));
        const { enabledAt, refused } = play({
          gateways,
          prefixAfterMs: gateways.map(() => 0),
          approved: all({ gateways }),
          refuses: (write) =>
            write.step === "egress-gateway" &&
            write.gateways.some((gateway) => gatewayKey(gateway) === bad)
              ? refusal
              : undefined,
        });

        expect(enabledAt.size).toBe(count - 1);
        expect(enabledAt.has(bad)).toBe(false);
        const together = refused.filter(
          ({ write }) => write.step === "egress-gateway" && write.gateways.length > 1,
        );
        expect(together.length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps a pool, and no gateway of another pool", () => {
    fc.assert(
      fc.property(aCast(8), (cast) => {
        const { enabledAt, refused } = play({
          ...cast,
          approved: all(cast),
          refuses: (write) =>
            write.step === "gateway-node-pool" && write.pool.name === "other"
              ? { status: undefined, code: "QuotaExceeded", message: "" }
              : undefined,
        });

        const others = cast.gateways.filter(({ pool }) => pool !== "other");
        expect([...enabledAt.keys()].toSorted()).toEqual(others.map(gatewayKey).toSorted());
        for (const [index, { at }] of refused.entries())
          expect(at - (refused[index - 1]?.at ?? -Infinity)).toBeGreaterThanOrEqual(600_000);
      }),
      { numRuns: 20 },
    );
  });

  it("is not written more often than AKS takes writes: twenty, and one more each minute", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (count) => {
        const gateways = Array.from({ length: count }, (_, index) => aGateway(index));
        const { written, refused } = play({
          gateways,
          prefixAfterMs: gateways.map(() => 0),
          approved: all({ gateways }),
          refuses: (write) => (write.step === "egress-gateway" ? refusal : undefined),
        });

        let [tokens, last] = [20, NOW];
        for (const { at } of [...written, ...refused].toSorted((one, other) => one.at - other.at)) {
          tokens = Math.min(20, tokens + (at - last) / 60_000) - 1;
          last = at;
          expect(tokens).toBeGreaterThanOrEqual(0);
        }
        expect(refused.length).toBeGreaterThan(3);
      }),
      { numRuns: 10 },
    );
  });
});
