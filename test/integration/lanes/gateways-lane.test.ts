import { afterEach, describe, expect, it } from "@jest/globals";
import { factsIn } from "#src/domain/gateways/egress-gateway.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";
import { aConfiguration, GatewaysWorld, OPERATION_MS, SYSTEM, TICK_MS } from "./gateways-world.ts";

let world: GatewaysWorld;
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** Ticks of one operation, with some to spare. */
const OPERATION_TICKS = Math.ceil(OPERATION_MS / TICK_MS) + 2;
const MANY_TICKS = 6 * OPERATION_TICKS;

async function start(...configuration: Parameters<typeof aConfiguration>): Promise<void> {
  world = await GatewaysWorld.start(aConfiguration(...configuration));
}

describe("the gateways lane", () => {
  it("builds a gateway with three writes, and says in its EgressGateway what it is and what it made", async () => {
    await start(1);
    const id = await world.grant(world.gateway(0));

    await world.ticks(MANY_TICKS, () => world.isReady());

    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
    expect(world.egressGateway()?.spec).toEqual({
      instance: "test",
      gateway: { namespace: "egress-0", name: "egw-0" },
      pool: {
        name: "egress",
        vmSize: "Standard_D2s_v5",
        nodeCount: 2,
        publicIpPrefixSize: 31,
      },
      staticGatewayConfiguration: "egw-0",
      excludeCidrs: [],
    });
    expect(world.remembered()?.made.map(({ kind, target }) => `${kind} ${target}`)).toEqual([
      "namespace egress-0",
      "static-egress-feature prod-1",
      "gateway-node-pool egress",
      "static-gateway-configuration egress-0/egw-0",
      "egress-gateway egress-0/egw-0",
    ]);
    expect(world.egressGateway()?.status).toMatchObject({
      egressIpPrefix: expect.stringMatching(/\/31$/),
      revisions: ["asm-1-28"],
    });
    expect(
      factsIn(
        world.egressGateway() ?? { apiVersion: "", kind: "", metadata: { name: "" } },
        world.gateway(0),
      ),
    ).toMatchObject({
      selector: { istio: "egw-0" },
      serviceHost: "egw-0.egress-0.svc.cluster.local",
    });
    await world.ticks(OPERATION_TICKS);
    expect(world.egressGateway()?.status).not.toHaveProperty("operation");
    expect((await world.lines(id)).map(({ status }) => status)).toEqual(Array(6).fill("done"));
  }, 60_000);

  it("asks Azure for nothing, and writes nothing, where all is there", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.ticks(MANY_TICKS, () => world.isReady());
    await world.ticks(OPERATION_TICKS);
    const asked = world.arm.log.length;
    const changed = world.kubernetes.writes().length;

    expect(await world.tick()).toEqual({ outcome: "converged" });

    expect(world.arm.log.length).toBe(asked);
    expect(world.kubernetes.writes().length).toBe(changed);
  }, 60_000);

  it("enables fifty gateways with no more than two writes", async () => {
    await start(50);
    for (const gateway of world.cluster.gateways) await world.grant(gateway);

    await world.ticks(MANY_TICKS, () => world.isReady(0) && world.isReady(49));

    expect(world.cluster.gateways.filter((_, index) => !world.isReady(index))).toEqual([]);
    const enabling = world.written().filter((what) => what.startsWith("enable"));
    expect(enabling.length).toBeLessThanOrEqual(2);
    expect(world.written().filter((what) => !what.startsWith("enable"))).toHaveLength(2);
    expect(
      world.cluster.gateways
        .flatMap((_, index) => world.remembered(index)?.made ?? [])
        .filter(({ kind }) => kind === "egress-gateway"),
    ).toHaveLength(50);
  }, 120_000);

  it("brings an EgressGateway to the configuration, and keeps what else stands in it", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.tick();
    const [pool] = world.cluster.pools;
    if (pool === undefined) throw new Error("there is a pool");
    world.cluster = { ...world.cluster, pools: [{ ...pool, nodeCount: 1 }] };

    await world.tick();

    expect(world.egressGateway()?.spec).toMatchObject({
      instance: "test",
      pool: { name: "egress", nodeCount: 1 },
    });
  }, 60_000);

  it("tells once where the API server does not let it, and brings the rest to the configuration", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.tick();
    const [pool] = world.cluster.pools;
    if (pool === undefined) throw new Error("there is a pool");
    world.cluster = {
      ...world.cluster,
      pools: [{ ...pool, vmSize: "Standard_D4s_v5" }],
      gateways: [{ ...world.gateway(0), excludeCidrs: ["10.20.0.9/16"] }],
    };
    const message = "name, vmSize and publicIpPrefixSize are immutable";
    const pooled = { method: "PATCH", path: /egressgateways\/egress-0\.egw-0$/ };
    world.kubernetes.faults.next(pooled, { status: 422, reason: "Invalid", message });
    await world.tick();
    world.kubernetes.faults.next(pooled, { status: 422, reason: "Invalid", message }, Infinity);
    await world.ticks(3);

    expect(world.egressGateway()?.spec).toMatchObject({
      pool: { vmSize: "Standard_D2s_v5" },
      excludeCidrs: ["10.20.0.0/16"],
    });
    const told = [...world.memory.told].filter(([key]) => key.startsWith("gateway-differs:"));
    expect(told).toHaveLength(1);
    expect(told[0]?.[1]).toContain("keeps its pool");
    expect(told[0]?.[1]).toContain(message);
  }, 60_000);
});

describe("what the lane remembers is in the cluster:", () => {
  it("a worker that starts with nothing goes on with the operation that runs", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.ticks(3, () => world.written().length > 0);
    const handle = world.remembered()?.operation?.handle ?? "";
    expect(handle).toMatch(/^https:/);
    world.lanes = memoryStore();

    await world.tick();

    const looked = world.arm.log.filter(
      ({ url, method }) => method === "GET" && handle.endsWith(url),
    );
    expect(looked.length).toBeGreaterThan(0);
    await world.ticks(MANY_TICKS, () => world.isReady());
    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
  }, 60_000);

  it("an operation the worker did not sign is not followed, and nothing is written twice", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.ticks(3, () => world.written().length > 0);
    const stored = world.egressGateway();
    if (stored === undefined) throw new Error("there is an EgressGateway");
    const handle = `${world.arm.url}/subscriptions/s/evil`;
    const operation = { ...world.remembered()?.operation, handle };
    const { envelope } = world.keys.bot.sign("record", {
      name: "operation:prod-1:egress-0/egw-0:static-egress-feature",
      value: operation,
    });
    const entry = { ...(stored.status?.["operation"] as object), statement: envelope };
    world.kubernetes.store.put({ ...stored, status: { ...stored.status, operation: entry } });

    await world.ticks(MANY_TICKS, () => world.isReady());

    expect(world.arm.log.filter(({ url }) => url.includes("evil"))).toEqual([]);
    expect(world.logged.join("\n")).toContain("the cluster itself is read instead");
    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
  }, 60_000);

  it("where it cannot be written the cluster itself is read, and nothing is written twice", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.tick();
    const status = { method: "PATCH", path: /egressgateways\/[^/]+\/status/ };
    world.kubernetes.faults.next(status, { status: 503 }, 4);

    await world.ticks(MANY_TICKS, () => world.isReady());

    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
  }, 60_000);

  it("a pause somebody wrote into it ends when the longest of ours would", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.tick();
    const stored = world.egressGateway();
    if (stored === undefined) throw new Error("there is an EgressGateway");
    await world.ticks(OPERATION_TICKS, () => world.remembered()?.operation === undefined);
    const failures = {
      step: "gateway-node-pool",
      kind: "mend",
      count: 1_000_000,
      message: "nobody",
      until: "2099-01-01T00:00:00Z",
    };
    world.kubernetes.store.patchStatus("EgressGateway", SYSTEM, stored.metadata.name, {
      ...world.egressGateway()?.status,
      failures,
    });
    const from = world.memory.clock.now;

    await world.ticks(100, () => world.written().includes("pool egress"));

    expect(world.written()).toContain("pool egress");
    expect(world.memory.clock.now - from).toBeLessThanOrEqual(600_000 + 2 * TICK_MS);
  }, 60_000);

  it("an EgressGateway of another instance is left alone, and keeps that gateway alone", async () => {
    await start(2);
    const [mine, theirs] = [
      await world.grant(world.gateway(0)),
      await world.grant(world.gateway(1)),
    ];
    world.kubernetes.store.put({
      apiVersion: "sallyport.dev/v1alpha1",
      kind: "EgressGateway",
      metadata: { name: "egress-1.egw-1", namespace: SYSTEM },
      spec: { instance: "other" },
    });

    await world.ticks(MANY_TICKS, () => world.isReady(0));

    expect(world.isReady(0)).toBe(true);
    expect(world.egressGateway(1)?.spec).toEqual({ instance: "other" });
    expect(JSON.stringify(await world.lines(theirs))).toContain("another instance of Sallyport");
    expect(JSON.stringify(await world.lines(mine))).not.toContain("another instance");
  }, 60_000);
});
