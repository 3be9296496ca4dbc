import { describe, expect, it } from "@jest/globals";
import { gatewayKey } from "#src/domain/grant.ts";
import type { GatewayMemory } from "#src/domain/gateways/memory.ts";
import {
  type ArmDecision,
  type ArmSituation,
  nextArmStep,
} from "#src/domain/plan/azure/arm-step.ts";
import {
  aGateway,
  aMemory,
  aPool,
  aWorld,
  BARE,
  BATCH_MS,
  needsIn,
  NOW,
  someAzure,
  someFailures,
  type Stage,
  TICK_MS,
} from "../some-gateways.ts";

const one = aGateway(1);
const two = aGateway(2);
const far = aGateway(3, "other");

type Setting = Partial<Omit<ArmSituation, "memories">> & {
  readonly world?: ReturnType<typeof aWorld>;
  readonly memories?: Readonly<Record<string, Partial<GatewayMemory>>>;
};

function decide({ world = aWorld([one]), memories = {}, ...change }: Setting): ArmDecision {
  return nextArmStep({
    cluster: world.cluster,
    infrastructure: world.infrastructure,
    needs: needsIn(world),
    memories: new Map(
      Object.entries(memories).map(([key, memory]): [string, GatewayMemory] => [
        key,
        aMemory(memory),
      ]),
    ),
    featureApproved: true,
    moreToCome: false,
    now: NOW,
    batchMs: BATCH_MS,
    tickMs: TICK_MS,
    ...change,
  });
}

function stages(...at: readonly Stage[]): Readonly<Record<string, Stage>> {
  return Object.fromEntries(at.map((stage, index) => [gatewayKey(aGateway(index + 1)), stage]));
}

const [ONE, TWO] = [gatewayKey(one), gatewayKey(two)];

describe("the next write to Azure", () => {
  it.each([
    [
      "is the feature where it is off",
      aWorld([one], { azure: BARE }),
      {
        kind: "write",
        write: { step: "static-egress-feature" },
        what: "the static egress feature",
      },
    ],
    [
      "is the pool where the feature is on",
      aWorld([one], { azure: someAzure({ pools: [] }) }),
      { kind: "write", write: { step: "gateway-node-pool", pool: { name: "egress" } } },
    ],
    [
      "is none while the gateway's prefix is not there",
      aWorld([one], { stages: stages("configured") }),
      { kind: "nothing" },
    ],
    [
      "enables the gateway whose prefix is there",
      aWorld([one], { stages: stages("prefix") }),
      {
        kind: "write",
        write: { step: "egress-gateway", gateways: [one] },
        what: `egress gateway ${ONE}`,
      },
    ],
    ["is none where all is there", aWorld([one], { stages: stages("ready") }), { kind: "nothing" }],
    [
      "is none while somebody's operation runs on the cluster",
      aWorld([one], { azure: { ...BARE, provisioningState: "Upgrading" } }),
      { kind: "wait", because: "busy", for: "the cluster, which is Upgrading" },
    ],
    [
      "is none while somebody's operation runs on a pool",
      aWorld([one], { azure: someAzure({ pools: [aPool("apps", "Scaling")] }) }),
      { kind: "wait", because: "busy", for: "node pool apps, which is Scaling" },
    ],
  ] as const)("%s", (_what, world, decision) => {
    expect(decide({ world })).toMatchObject(decision);
  });

  it("builds nothing that nobody approved", () => {
    const world = aWorld([one], { azure: BARE });

    expect(decide({ world, needs: needsIn(world, []) })).toEqual({ kind: "nothing" });
  });

  it("takes each pool once, whatever number of gateways needs it", () => {
    const world = aWorld([one, two, far], { azure: someAzure({ pools: [aPool("egress")] }) });

    expect(decide({ world })).toMatchObject({
      write: { step: "gateway-node-pool", pool: { name: "other" } },
      keeper: far,
    });
  });
});

describe("enabling gateways together", () => {
  const half = aWorld([one, two], { stages: stages("prefix", "configured") });

  it("waits for another whose prefix is on its way", () => {
    expect(decide({ world: half })).toMatchObject({ kind: "wait", because: "batch" });
  });

  it("waits no longer than the first has waited for the others", () => {
    const memories = { [ONE]: { readySince: NOW - BATCH_MS } };

    expect(decide({ world: half, memories })).toMatchObject({ write: { gateways: [one] } });
    expect(
      decide({ world: half, memories: { [ONE]: { readySince: NOW - BATCH_MS + 1 } } }),
    ).toMatchObject({ kind: "wait", because: "batch", until: NOW + 1 });
  });

  it("waits for a request that is about to be admitted", () => {
    const world = aWorld([one], { stages: stages("prefix") });

    expect(decide({ world, moreToCome: true })).toMatchObject({ kind: "wait", because: "batch" });
  });

  it("takes all whose prefix is there at once, and names a few", () => {
    const gateways = [1, 2, 3, 4, 5].map((number) => aGateway(number));
    const at = stages("prefix", "prefix", "prefix", "prefix", "prefix");

    expect(decide({ world: aWorld(gateways, { stages: at }) })).toMatchObject({
      write: { gateways },
      what: "egress gateways egress-1/egw-1, egress-2/egw-2, egress-3/egw-3 and 2 more",
    });
  });
});

describe("after something failed", () => {
  it("the same write waits for its time", () => {
    const world = aWorld([one], { azure: BARE });
    const failures = someFailures({ step: "static-egress-feature", message: "Azure" });
    const memories = { [ONE]: { failures } };

    expect(decide({ world, memories })).toEqual({
      kind: "wait",
      because: "pause",
      for: "Azure",
      until: NOW + 1000,
    });
    expect(decide({ world, memories, now: NOW + 1000 })).toMatchObject({ kind: "write" });
  });

  it("the failure of one pool keeps no gateway on another", () => {
    const world = aWorld([one, far], { stages: stages("prefix") });
    const failures = someFailures({ step: "gateway-node-pool", kind: "mend" });
    const memories = {
      [gatewayKey(far)]: { failures },
      [ONE]: { readySince: NOW - BATCH_MS },
    };

    expect(decide({ world, memories })).toMatchObject({ write: { gateways: [one] } });
  });

  it("the failure of one gateway keeps no other", () => {
    const world = aWorld([one, two], { stages: stages("prefix", "prefix") });

    expect(decide({ world, memories: { [ONE]: { failures: someFailures() } } })).toMatchObject({
      write: { gateways: [two] },
    });
  });

  it("gateways of a cluster that failed are sent again, since Azure keeps what was asked for", () => {
    const failed = someAzure({ provisioningState: "Failed" });
    const at = { stages: stages("enabled") };

    expect(decide({ world: aWorld([one], { ...at, azure: failed }) })).toMatchObject({
      write: { step: "egress-gateway", gateways: [one] },
    });
    expect(decide({ world: aWorld([one], at) })).toEqual({ kind: "nothing" });
  });

  it("the feature is sent again where the cluster failed and does not serve what it brings", () => {
    const azure = someAzure({ provisioningState: "Failed", pools: [] });
    const lost = aWorld([one], { azure, served: false });

    expect(decide({ world: lost })).toMatchObject({ write: { step: "static-egress-feature" } });
    expect(decide({ world: lost, featureApproved: false })).toEqual({ kind: "nothing" });
    expect(decide({ world: aWorld([one], { azure, served: true }) })).toMatchObject({
      write: { step: "gateway-node-pool" },
    });
  });

  it("what Azure refused as a whole is sent in parts, and those that were never refused go first", () => {
    const gateways = Array.from({ length: 60 }, (_, index) => aGateway(index + 1));
    const world = aWorld(gateways, { stages: stages(...gateways.map(() => "prefix" as const)) });
    function refused(count: number): NonNullable<Setting["memories"]> {
      const failures = someFailures({ kind: "refused", count, until: NOW });
      return Object.fromEntries(gateways.map((each) => [gatewayKey(each), { failures }]));
    }

    function sizeOf(memories: Setting["memories"] = {}): number {
      const decision = decide({ world, memories });
      if (decision.kind !== "write" || decision.write.step !== "egress-gateway") return 0;
      return decision.write.gateways.length;
    }

    expect(sizeOf()).toBe(60);
    expect([1, 2, 3, 4, 40].map((count) => sizeOf(refused(count)))).toEqual([30, 15, 8, 4, 1]);
    const { [ONE]: _, ...others } = refused(1);
    expect(decide({ world, memories: others })).toMatchObject({ write: { gateways: [one] } });
  });

  it("one that is refused alone waits while the others go on", () => {
    const world = aWorld([one, two], { stages: stages("prefix", "prefix") });
    const failures = someFailures({ kind: "refused", count: 4 });

    expect(decide({ world, memories: { [TWO]: { failures } } })).toMatchObject({
      write: { gateways: [one] },
    });
  });
});
