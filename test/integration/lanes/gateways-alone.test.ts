import { LaneBeat, laneBeatKey } from "#src/domain/time/heartbeat.ts";
import { afterEach, describe, expect, it } from "@jest/globals";
import { aConfiguration, GatewaysWorld, OPERATION_MS, TICK_MS } from "./gateways-world.ts";

let world: GatewaysWorld;
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const OPERATION_TICKS = Math.ceil(OPERATION_MS / TICK_MS) + 2;
const MANY_TICKS = 8 * OPERATION_TICKS;

async function start(...configuration: Parameters<typeof aConfiguration>): Promise<void> {
  world = await GatewaysWorld.start(aConfiguration(...configuration));
}

async function textOf(id: string): Promise<string> {
  return (await world.lines(id)).map(({ status, text }) => `${status} ${text}`).join("\n");
}

describe("what is refused for one gateway keeps that gateway alone, and is told to its grants alone:", () => {
  it("its StaticGatewayConfiguration, by a policy", async () => {
    await start(2);
    const [good, bad] = [await world.grant(world.gateway(0)), await world.grant(world.gateway(1))];
    const path = /namespaces\/egress-1\/staticgatewayconfigurations$/;
    const message = 'admission webhook "validation.gatekeeper.sh" denied the request';
    world.kubernetes.faults.next({ method: "POST", path }, { status: 403, message }, Infinity);

    await world.ticks(MANY_TICKS, () => world.isReady(0));

    expect(world.isReady(0)).toBe(true);
    expect(world.isReady(1)).toBe(false);
    expect(await textOf(bad)).toMatch(
      /failed StaticGatewayConfiguration egress-1\/egw-1: .*gatekeeper.sh" denied the request/,
    );
    expect(await textOf(good)).not.toContain("gatekeeper");
    world.kubernetes.faults.clear();
    await world.ticks(MANY_TICKS, () => world.isReady(1));
    expect(world.isReady(1)).toBe(true);
  }, 60_000);

  it("its namespace, which is being deleted", async () => {
    await start(2);
    const { store } = world.kubernetes;
    const metadata = { name: "egress-0", finalizers: ["example.com/keeps-it"] };
    const [bad, good] = [await world.grant(world.gateway(0)), await world.grant(world.gateway(1))];
    store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "egress-0" } });
    store.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name: "kept", namespace: "egress-0" },
      data: {},
    });
    store.delete("Namespace", undefined, "egress-0");

    await world.ticks(MANY_TICKS, () => world.isReady(1));

    expect(world.isReady(1)).toBe(true);
    expect(await textOf(bad)).toMatch(/failed .*egress-0.*(terminat|deleted)/i);
    expect(await textOf(good)).not.toMatch(/egress-0/);
  }, 60_000);

  it("its node pool, for want of quota: somebody has to do something, and it goes on by itself", async () => {
    await start(2, 1);
    const [good, bad] = [await world.grant(world.gateway(0)), await world.grant(world.gateway(1))];
    const pool = { method: "PUT", path: /agentPools\/other/ };
    const code = "InsufficientVCPUQuota";
    world.arm.faults.next(pool, { status: 400, code, message: "left quota 0" }, Infinity);

    await world.ticks(MANY_TICKS, () => world.isReady(0));

    expect(world.isReady(0)).toBe(true);
    expect(await textOf(bad)).toContain(
      "failed gateway node pool other: waiting for the subscription's owner to raise the quota; Azure said “400 InsufficientVCPUQuota: left quota 0”; it is tried again by itself",
    );
    expect(await textOf(good)).not.toContain("quota");
    expect([...world.memory.told]).toEqual([
      [
        "azure:prod-1:gateway-node-pool",
        expect.stringMatching(
          /cannot have a gateway node pool: it waits for the subscription's owner to raise the quota\./,
        ),
      ],
    ]);
    world.arm.faults.clear();
    await world.ticks(MANY_TICKS, () => world.isReady(1));
    expect(world.isReady(1)).toBe(true);
    await world.tick();
    expect([...world.memory.told]).toEqual([]);
    expect(world.egressGateway(1)?.status).not.toHaveProperty("failures");
  }, 60_000);

  it("what somebody mended is tried again at once where a retry is asked for, and once", async () => {
    await start(1);
    const id = await world.grant(world.gateway(0));
    const pool = { method: "PUT", path: /agentPools\/egress/ };
    const fault = { status: 412, code: "QuotaExceeded", message: "left quota 0" };
    world.arm.faults.next(pool, fault, Infinity);
    function tries(): number {
      return world.arm.log.filter(({ method, url }) => method === "PUT" && pool.path.test(url))
        .length;
    }
    await world.ticks(MANY_TICKS, () => tries() === 1);
    await world.ticks(5);
    expect(tries()).toBe(1);

    const { store } = world.kubernetes;
    const object = store.get("EgressGrant", "sallyport-system", id.toLowerCase());
    if (object === undefined) throw new Error("no EgressGrant");
    const annotations = { ...object.metadata.annotations, "sallyport.dev/retry": "1" };
    store.put({ ...object, metadata: { ...object.metadata, annotations } });
    await world.ticks(5);

    expect(tries()).toBe(2);
  }, 60_000);

  it("its entry in the write that enables many", async () => {
    await start(8);
    const ids: string[] = [];
    for (const gateway of world.cluster.gateways) ids.push(await world.grant(gateway));
    world.unknownToAzure.add("egress-5/egw-5");

    await world.ticks(MANY_TICKS, () =>
      world.cluster.gateways.every((_, index) => index === 5 || world.isReady(index)),
    );

    const ready = world.cluster.gateways.filter((_, index) => world.isReady(index));
    expect(ready).toHaveLength(7);
    expect(await textOf(ids[5] ?? "")).toMatch(
      /failed egress gateway egress-5\/egw-5: waiting for the platform team to look at what Azure refuses; Azure said “400 /,
    );
    expect(await textOf(ids[4] ?? "")).not.toContain("Azure refuses");
    world.unknownToAzure.clear();
    await world.ticks(MANY_TICKS, () => world.isReady(5));
    expect(world.isReady(5)).toBe(true);
  }, 60_000);

  it("its StaticGatewayConfiguration's prefix, while the controller cannot make it", async () => {
    await start(2);
    world.kubernetes.mesh.stick("egress-1/egw-1", "PublicIPCountLimitReached");
    const [good, bad] = [await world.grant(world.gateway(0)), await world.grant(world.gateway(1))];

    await world.ticks(MANY_TICKS, () => world.isReady(0));

    expect(world.isReady(0)).toBe(true);
    expect(await textOf(bad)).toContain("PublicIPCountLimitReached");
    expect(await textOf(good)).not.toContain("PublicIPCountLimitReached");
  }, 60_000);
});

describe("what nobody can build yet", () => {
  it("is built once the cluster serves StaticGatewayConfigurations", async () => {
    await start(1);
    const id = await world.grant(world.gateway(0));
    await world.ticks(MANY_TICKS, () => world.written().includes("pool egress"));
    world.kubernetes.removeCrds("egressgateway.kubernetes.azure.com");
    await world.ticks(OPERATION_TICKS);
    world.kubernetes.removeCrds("egressgateway.kubernetes.azure.com");
    await world.tick();

    expect(await textOf(id)).toContain("does not serve StaticGatewayConfigurations yet");
    world.kubernetes.installCrds("egressgateway.kubernetes.azure.com");
    await world.ticks(MANY_TICKS, () => world.isReady());
    expect(world.isReady()).toBe(true);
  }, 60_000);

  it("is not begun in a frozen cluster, where the operation that runs is still followed", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.ticks(3, () => world.written().length > 0);
    world.kubernetes.store.put({
      apiVersion: "sallyport.dev/v1alpha1",
      kind: "EgressCluster",
      metadata: { name: "cluster", namespace: "sallyport-system" },
      spec: { instance: "test", cluster: "prod-1", freezes: [{ id: "by-hand" }], orders: [] },
    });

    await world.ticks(2 * OPERATION_TICKS);

    expect(world.written()).toEqual(["feature"]);
    expect(world.remembered()?.operation).toBeUndefined();
    expect(world.remembered()?.operationProblem).toBeUndefined();
  }, 60_000);

  it("is not begun for what nobody approved", async () => {
    await start(1);
    const id = await world.grant(world.gateway(0), []);
    const steps = await world.stepsFor(world.gateway(0));

    await world.ticks(OPERATION_TICKS);

    expect(world.written()).toEqual([]);
    expect(steps.length).toBe(5);
    expect(world.kubernetes.store.get("Namespace", undefined, "egress-0")).toBeUndefined();
    expect(await textOf(id)).toMatch(
      /^failed static egress feature: it is needed now and in nobody's approved plan/,
    );
  }, 60_000);
});

describe("without Redis", () => {
  it("a gateway is built although nothing can be told", async () => {
    await start(1);
    world.wordsAreStored = false;
    await world.grant(world.gateway(0));

    await world.ticks(MANY_TICKS, () => world.isReady());

    expect(world.isReady()).toBe(true);
    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
  }, 60_000);

  it("the operation that runs is followed, and nothing new is begun: Redis may know an end", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.ticks(3, () => world.written().length > 0);
    world.memory.redis.answers = false;

    await world.ticks(2 * OPERATION_TICKS);

    expect(world.written()).toEqual(["feature"]);
    expect(world.egressGateway()?.status).not.toHaveProperty("operation");
    world.memory.redis.answers = true;
    await world.ticks(MANY_TICKS, () => world.isReady());
    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
  }, 60_000);
});

describe("what was taken away by hand", () => {
  it("is not built again by the approval of a grant that was in place once", async () => {
    await start(1);
    const id = await world.grant(world.gateway(0));
    await world.ticks(MANY_TICKS, () => world.isReady());
    await world.ticks(OPERATION_TICKS);
    world.markApplied(id);
    world.arm.editCluster("aks-prod", (raw) => {
      const { serviceMeshProfile } = raw["properties"] as {
        serviceMeshProfile: { istio: { components: { egressGateways: unknown[] } } };
      };
      serviceMeshProfile.istio.components.egressGateways = [];
    });
    world.kubernetes.mesh.applyManagedCluster(world.arm.cluster("aks-prod"));

    await world.ticks(OPERATION_TICKS);

    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
    expect(JSON.stringify(world.egressGateway()?.status)).toContain("nobody's approved plan");
    expect(world.remembered()?.made).toHaveLength(5);
  }, 60_000);
});

describe("a feature that somebody turned off", () => {
  it("is not turned on again for a gateway that was in place, which is told once its pods are gone", async () => {
    await start(1);
    const id = await world.grant(world.gateway(0));
    await world.ticks(MANY_TICKS, () => world.isReady());
    await world.ticks(OPERATION_TICKS);
    world.markApplied(id);
    world.arm.editCluster("aks-prod", (raw) => {
      const { networkProfile } = raw["properties"] as {
        networkProfile: { staticEgressGatewayProfile: { enabled: boolean } };
      };
      networkProfile.staticEgressGatewayProfile.enabled = false;
    });
    await world.ticks(OPERATION_TICKS);
    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);

    const { store } = world.kubernetes;
    for (const { metadata } of store.list("Deployment", world.gateway(0).namespace))
      store.patchStatus("Deployment", metadata.namespace ?? "", metadata.name, {
        availableReplicas: 0,
      });
    await world.ticks(OPERATION_TICKS);

    expect(world.written()).toEqual(["feature", "pool egress", "enable 1"]);
    expect(JSON.stringify(world.egressGateway()?.status)).toContain("nobody's approved plan");
  }, 60_000);
});

async function ran(): Promise<unknown> {
  return world.lanes.read(laneBeatKey("prod-1"));
}

describe("what the bot listens for", () => {
  it("is signed at the end of each run, at the API server's time, also of one that failed", async () => {
    await start(1);
    await world.grant(world.gateway(0));
    await world.tick();
    const first = LaneBeat.parse(await ran());
    expect(first).toMatchObject({ cluster: "prod-1", configDigest: world.ports().configDigest });
    world.server.behindMs = -3_600_000;
    world.arm.faults.next({ method: "GET", path: /managedClusters/ }, { status: 500 }, Infinity);
    await world.tick();
    await world.tick();

    expect(LaneBeat.parse(await ran()).at - first.at).toBeGreaterThanOrEqual(3_600_000);
  }, 60_000);

  it("is not signed by a run that hangs", async () => {
    await start(1);
    const listing = world.kubernetes.faults.next(
      { method: "GET", path: /\/egressgrants$/ },
      { hold: true },
    );
    const ticking = world.tick();
    await listing.hit;

    expect(await ran()).toBeUndefined();
    listing.release();
    await ticking;
    expect(await ran()).toBeDefined();
  }, 60_000);
});
