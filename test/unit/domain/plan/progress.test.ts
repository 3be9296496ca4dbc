import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Failures, Operation } from "#src/domain/gateways/memory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type ArmTurn, type ProgressInput, progressLines } from "#src/domain/plan/progress.ts";
import type { ProgressLine, Step } from "#src/domain/request/request.ts";
import {
  aGateway,
  allSteps,
  aPool,
  aWorld,
  BARE,
  needsIn,
  NOW,
  someAzure,
  someFailures,
  type Stage,
  type World,
} from "./some-gateways.ts";

const one = aGateway(1);
const ONE = gatewayKey(one);
const steps = allSteps([one]);

function running(change: Partial<Operation>): ArmTurn {
  const operation: Operation = {
    handle: "https://management.azure.com/operations/1",
    step: "egress-gateway",
    target: "",
    since: NOW,
    what: "something",
    gateways: [],
    ...change,
  };
  return { kind: "running", operation };
}

function lines(world: World, change: Partial<ProgressInput> = {}): readonly ProgressLine[] {
  return progressLines({
    steps,
    gateway: ONE,
    need: needsIn(world)[0],
    pools: world.infrastructure.azure.pools,
    turn: { kind: "nothing" },
    failures: () => undefined,
    problem: undefined,
    made: [],
    ...change,
  });
}

function failing(failures: Failures): ProgressInput["failures"] {
  return (step) => (step === failures.step ? failures : undefined);
}

function statuses(shown: readonly ProgressLine[]): readonly string[] {
  return shown.map(({ step, status }) => `${step}: ${status}`);
}

function at(stage: Stage, azure = someAzure()): World {
  return aWorld([one], { azure, stages: { [ONE]: stage } });
}

const bare = aWorld([one], { azure: BARE });

describe("what is done, in the order of the steps", () => {
  it.each([
    ["nothing", bare, ["todo", "todo", "todo", "todo", "todo", "todo"]],
    [
      "the feature",
      aWorld([one], { azure: someAzure({ pools: [] }) }),
      ["done", "todo", "todo", "todo", "todo", "todo"],
    ],
    ["the pool", at("none"), ["done", "done", "todo", "todo", "todo", "todo"]],
    ["the configuration", at("configured"), ["done", "done", "done", "done", "waiting", "todo"]],
    ["the prefix", at("prefix"), ["done", "done", "done", "done", "done", "todo"]],
    ["enabled", at("enabled"), ["done", "done", "done", "done", "done", "waiting"]],
    ["all of it", at("ready"), ["done", "done", "done", "done", "done", "done"]],
  ] as const)("%s", (_what, world, expected) => {
    expect(statuses(lines(world))).toEqual([
      `static-egress-feature: ${expected[0]}`,
      `gateway-node-pool: ${expected[1]}`,
      `namespace: ${expected[2]}`,
      `static-gateway-configuration: ${expected[3]}`,
      `egress-ip-prefix: ${expected[4]}`,
      `egress-gateway: ${expected[5]}`,
    ]);
  });

  it("includes what was made in this very tick", () => {
    const made = steps.filter(({ kind }) => kind === "namespace");

    expect(statuses(lines(at("none"), { made }))).toContain("namespace: done");
  });

  it("is nothing where the request needed nothing and its gateway is complete", () => {
    expect(lines(at("ready"), { steps: [] })).toEqual([]);
  });

  it("is the gateway where it was there when the request was made, and is not now", () => {
    expect(lines(at("enabled"), { steps: [] }).at(-1)).toMatchObject({
      status: "waiting",
      text: `egress gateway ${ONE}: waiting for its first pod`,
    });
    const world = at("prefix");
    const [need] = needsIn(world, []);
    expect(lines(world, { steps: [], need }).at(-1)).toMatchObject({
      status: "failed",
      text: expect.stringContaining("nobody's approved plan"),
    });
  });

  it("is told to be in vain where the configuration no longer has the gateway", () => {
    const [line, ...rest] = lines(bare, { need: undefined });

    expect(line).toMatchObject({ status: "failed", text: expect.stringContaining(ONE) });
    expect(rest).toEqual([]);
  });
});

describe("the operation that runs", () => {
  it("stands at its own step, since when it runs", () => {
    const turn = running({ step: "gateway-node-pool", target: "egress" });
    const world = aWorld([one], { azure: someAzure({ pools: [] }) });

    expect(lines(world, { turn })).toContainEqual({
      step: "gateway-node-pool",
      status: "running",
      text: "gateway node pool egress",
      usually: "about 4 min",
      since: NOW,
    });
  });

  it.each([
    ["another pool", running({ step: "gateway-node-pool", target: "other", what: "pool other" })],
    ["other gateways", running({ gateways: ["egress-9/egw-9"], what: "pool other" })],
  ])("of %s is what the next step waits for", (_what, turn) => {
    const shown = lines(aWorld([one], { azure: someAzure({ pools: [] }) }), { turn });

    expect(shown.filter(({ status }) => status === "running")).toEqual([]);
    expect(shown).toContainEqual(
      expect.objectContaining({
        step: "gateway-node-pool",
        status: "waiting",
        text: "gateway node pool egress: waiting for pool other, which comes first",
      }),
    );
  });

  it("is over where its gateway is complete", () => {
    const turn = running({ gateways: [ONE] });

    expect(statuses(lines(at("ready"), { turn }))).toContain("egress-gateway: done");
  });
});

describe("what is waited for", () => {
  const busy: ArmTurn = { kind: "wait", because: "busy", for: "the cluster, which is Upgrading" };

  it("is said once, where it keeps the next step in Azure", () => {
    const shown = lines(at("prefix"), { turn: busy }).filter(({ text }) => text.includes("Upgrad"));

    expect(shown).toEqual([
      expect.objectContaining({
        step: "egress-gateway",
        status: "waiting",
        text: `egress gateway ${ONE}: waiting for the cluster, which is Upgrading`,
      }),
    ]);
  });

  it("is other gateways only where this one's prefix is there", () => {
    const turn: ArmTurn = { kind: "wait", because: "batch", for: "the other prefixes" };

    expect(statuses(lines(at("prefix"), { turn }))).toContain("egress-gateway: waiting");
    expect(statuses(lines(at("configured"), { turn }))).toContain("egress-gateway: todo");
  });

  it.each([
    [true, "failed"],
    [false, "waiting"],
  ])("is what keeps the gateway's pods from starting (somebody's: %s)", (isSomebodys, status) => {
    const world = at("enabled");
    const [need] = needsIn(world, []);
    if (need === undefined) throw new Error("one gateway is needed");
    const state = { ...need.state, keepsPods: { isSomebodys, text: "a quota is in the way" } };

    expect(lines(world, { steps: [], need: { ...need, state } }).at(-1)).toMatchObject({
      status,
      text: `egress gateway ${ONE}: a quota is in the way`,
    });
  });

  it("is the prefix, with the configuration's own warning", () => {
    const world = at("configured");
    const [need] = needsIn(world);
    if (need === undefined) throw new Error("one gateway is needed");
    const warning = { reason: "ReconcileError", message: "PublicIPCountLimitReached" };
    const state = { ...need.state, warning };

    expect(lines(world, { need: { ...need, state } })).toContainEqual({
      step: "egress-ip-prefix",
      status: "failed",
      text: expect.stringMatching(
        /^egress IP prefix of \S+: ReconcileError: PublicIPCountLimitReached; the subscription's owner raises the quota/,
      ),
      usually: "up to 5 min",
      since: NOW,
    });
  });
});

describe("what failed", () => {
  it.each([
    ["later", "waiting"],
    ["wait", "waiting"],
    ["mend", "failed"],
    ["refused", "failed"],
  ] as const)("and is of kind %s is shown as %s, with its cause", (kind, status) => {
    const failures = failing(
      someFailures({ step: "static-egress-feature", kind, message: "the quota; Azure said “…”" }),
    );

    expect(lines(bare, { failures })[0]).toMatchObject({
      status,
      text: "static egress feature: waiting for the quota; Azure said “…”",
    });
  });

  it("is not done although Azure kept what was asked for", () => {
    const failures = failing(someFailures({ step: "static-egress-feature" }));

    expect(statuses(lines(at("none"), { failures }))[0]).toBe("static-egress-feature: waiting");
  });

  it("is a pool that is Failed in Azure, and says what it failed of", () => {
    const world = at("none", someAzure({ pools: [aPool("egress", "Failed")] }));
    const message = "the quota; Azure said “QuotaExceeded”";
    const failures = failing(someFailures({ step: "gateway-node-pool", kind: "mend", message }));

    expect(lines(world, { failures })[1]).toMatchObject({
      status: "failed",
      text: `gateway node pool egress: waiting for node pool egress, which is Failed in Azure: repair or delete it; it waited for ${message}`,
    });
  });

  it("is what the API server refused, at its own step", () => {
    const problem = { step: "namespace", why: "admission webhook denied the request" } as const;

    expect(lines(at("none"), { problem })[2]).toMatchObject({
      step: "namespace",
      status: "failed",
      text: "namespace egress-1: admission webhook denied the request",
    });
  });

  it("is the EgressGateway itself, at the next step", () => {
    const problem = { step: "egress-gateway", why: "it is another instance's" } as const;

    expect(lines(bare, { problem })[0]).toMatchObject({
      status: "failed",
      text: "static egress feature: it is another instance's",
    });
  });
});

describe("what people have to decide on", () => {
  it("takes the place of its step", () => {
    const approved = steps.filter(({ kind }) => kind !== "egress-gateway");
    const [need] = needsIn(bare, approved);

    expect(lines(bare, { need }).at(-1)).toMatchObject({
      step: "egress-gateway",
      status: "failed",
      text: expect.stringContaining("nobody's approved plan"),
    });
  });

  it("comes first where the request has no such step", () => {
    const own = steps.filter(({ kind }) => kind !== "gateway-node-pool");
    const [need] = needsIn(bare, own);

    expect(lines(bare, { need, steps: own })[0]).toMatchObject({
      step: "gateway-node-pool",
      status: "failed",
    });
  });
});

describe("whatever happens", () => {
  const turns: readonly ArmTurn[] = [
    { kind: "nothing" },
    { kind: "wait", because: "busy", for: "x" },
    { kind: "wait", because: "unclear", for: "x" },
    running({ gateways: [ONE] }),
    running({ step: "static-egress-feature", target: "prod" }),
  ];

  it("a gateway that is complete is all done, and no step is lost", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...turns),
        fc.subarray([...steps]),
        fc.constantFrom<Stage>("none", "configured", "prefix", "enabled", "ready"),
        (turn, own: readonly Step[], stage) => {
          const shown = lines(at(stage), { turn, steps: own });

          if (own.length > 0)
            expect(shown.map(({ step }) => step)).toEqual(
              expect.arrayContaining([...own.map(({ kind }) => kind), "egress-ip-prefix"]),
            );
          if (stage === "ready") expect(shown.every(({ status }) => status === "done")).toBe(true);
        },
      ),
    );
  });
});
