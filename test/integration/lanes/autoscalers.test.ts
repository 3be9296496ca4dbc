import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { listOf } from "#src/domain/json.ts";
import type { AutoscalerSettings } from "#src/domain/directory.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { aConfiguration, GatewaysWorld, SYSTEM } from "./gateways-world.ts";

const MANY_TICKS = 60;
const NAME = "egw-0-asm-1-28";
const KEY = "autoscaler:prod-1:egress-0/egw-0";

let world: GatewaysWorld;
beforeEach(async () => {
  world = await GatewaysWorld.start(aConfiguration(2));
  for (const gateway of world.cluster.gateways) await world.grant(gateway);
  await world.ticks(MANY_TICKS, () => world.isReady(0) && world.isReady(1));
  await world.ticks(MANY_TICKS, () => world.remembered()?.operation === undefined);
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function configure(hpa: AutoscalerSettings): void {
  const { gateways } = world.cluster;
  world.cluster = {
    ...world.cluster,
    gateways: gateways.map((each, index) => (index === 0 ? { ...each, hpa } : each)),
  };
}

function autoscaler(name = NAME): KubernetesObject {
  const found = world.kubernetes.store.get("HorizontalPodAutoscaler", "egress-0", name);
  if (found === undefined) throw new Error("it has no autoscaler");
  return found;
}

function change(spec: object, name = NAME): void {
  const found = autoscaler(name);
  world.kubernetes.store.put({ ...found, spec: { ...found.spec, ...spec } });
}

/** Requests that change autoscalers, with what was answered. */
function patches(): readonly number[] {
  return world.kubernetes.log
    .filter(({ method, path }) => method !== "GET" && path.includes("horizontalpodautoscalers"))
    .map(({ status }) => status);
}

function condition(): unknown {
  const conditions = world.egressGateway()?.status?.["conditions"] as { readonly type: string }[];
  return conditions.find(({ type }) => type === "Autoscaled");
}

describe("the autoscaler of a gateway", () => {
  it("is not touched where nothing is configured, nor read", async () => {
    await world.tick();

    expect(world.kubernetes.log.filter(({ path }) => path.includes("autoscalers"))).toEqual([]);
    expect(condition()).toBeUndefined();
  });

  it("has what is configured, and everything else as it was, after one write", async () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } };
    const memory = {
      type: "Resource",
      resource: { name: "memory", target: { type: "AverageValue", averageValue: "500Mi" } },
    };
    change({ behavior, metrics: [memory, ...listOf(autoscaler().spec?.["metrics"])] });
    const before = autoscaler();

    configure({ min: 3, max: 6, cpu: 70 });
    await world.ticks(3);

    expect(patches()).toEqual([200]);
    expect(autoscaler().spec).toEqual({
      ...before.spec,
      minReplicas: 3,
      maxReplicas: 6,
      metrics: [
        memory,
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
        },
      ],
    });
    expect(autoscaler().metadata.labels).toEqual(before.metadata.labels);
    expect(condition()).toMatchObject({ status: "True" });
    expect(world.memory.told.has(KEY)).toBe(false);
  });

  it("is that of the older of two revisions, and of the newer one when it is alone", async () => {
    configure({ max: 6 });
    await world.tick();
    setRevisions("asm-1-28", "asm-1-29");
    await world.ticks(2);
    expect(autoscaler("egw-0-asm-1-29").spec).toMatchObject({ maxReplicas: 6 });

    configure({ max: 7 });
    await world.ticks(2);
    expect(patches()).toEqual([200, 200]);
    expect(autoscaler("egw-0-asm-1-29").spec).toMatchObject({ maxReplicas: 7 });

    setRevisions("asm-1-29");
    await world.ticks(2);
    expect(patches()).toHaveLength(2);
    change({ maxReplicas: 3 }, "egw-0-asm-1-29");
    await world.ticks(2);
    expect(autoscaler("egw-0-asm-1-29").spec).toMatchObject({ maxReplicas: 7 });
    expect(patches()).toHaveLength(3);
  }, 30_000);

  it("is left alone in a frozen cluster, and where the gateway is not ours", async () => {
    world.kubernetes.store.put({
      apiVersion: "sallyport.dev/v1alpha1",
      kind: "EgressCluster",
      metadata: { name: "cluster", namespace: SYSTEM },
      spec: { instance: "test", cluster: "prod-1", freezes: [{ id: "by-hand" }], orders: [] },
    });
    configure({ max: 6 });
    await world.ticks(2);
    world.kubernetes.store.delete("EgressCluster", SYSTEM, "cluster");
    const object = world.egressGateway();
    if (object === undefined) throw new Error("no EgressGateway");
    world.kubernetes.store.put({ ...object, spec: { ...object.spec, instance: "other" } });
    await world.ticks(2);
    expect(patches()).toEqual([]);

    world.kubernetes.store.put(object);
    await world.tick();
    expect(patches()).toEqual([200]);
  });
});

describe("where it cannot be as configured", () => {
  it("what is refused is told once, tried again after a while, and holds nothing up", async () => {
    world.contestPauseMs = 5_000;
    change({ minReplicas: 4 });
    configure({ max: 3 });

    const result = await world.tick();
    await world.ticks(3);

    expect(result).toEqual({ outcome: "converged" });
    expect(patches()).toEqual([422]);
    expect(world.memory.told.get(KEY)).toMatch(
      /^The autoscaler of gateway egress-0\/egw-0 in cluster prod-1 is not as configured \(at most 3 pods\): .*must be greater than or equal to `minReplicas`.*where only one of min and max is set/,
    );
    expect(condition()).toMatchObject({ status: "False", reason: "Refused" });
    expect(world.isReady()).toBe(true);
    world.memory.clock.now += 600_000;
    await world.tick();
    expect(patches()).toEqual([422, 422]);

    configure({ min: 2, max: 3 });
    await world.ticks(2);
    expect(autoscaler().spec).toMatchObject({ minReplicas: 2, maxReplicas: 3 });
    expect(condition()).toMatchObject({ status: "True" });
    expect(world.memory.told.has(KEY)).toBe(false);
  });

  it.each([
    ["patch", "Refused"],
    ["list", "NotReadable"],
  ])("that the right to %s is missing is told", async (verb, reason) => {
    world.contestPauseMs = 5_000;
    world.kubernetes.denied.push({ verb, resource: "horizontalpodautoscalers" });
    configure({ max: 6 });

    await world.tick();

    expect(condition()).toMatchObject({ status: "False", reason });
    expect(world.memory.told.get(KEY)).toContain("`npx sallyport rbac` prints");
    world.kubernetes.denied.pop();
    world.memory.clock.now += 600_000;
    await world.ticks(2);
    expect(condition()).toMatchObject({ status: "True" });
    expect(world.memory.told.has(KEY)).toBe(false);
  });

  it("one that somebody changes again and again is put back three times, then told of and left", async () => {
    world.contestPauseMs = 5_000;
    configure({ max: 6 });
    for (let round = 0; round < 12; round += 1) {
      await world.tick();
      change({ maxReplicas: 4 });
    }

    expect(patches()).toHaveLength(4);
    expect(world.memory.told.get(KEY)).toContain(
      `somebody else keeps changing HorizontalPodAutoscaler ${NAME}, and it is left as it is`,
    );
    expect(condition()).toMatchObject({ status: "False", reason: "Contested" });

    configure({ max: 8 });
    await world.ticks(2);
    expect(autoscaler().spec).toMatchObject({ maxReplicas: 8 });
    expect(world.memory.told.has(KEY)).toBe(false);
  }, 30_000);

  it("one whose version is another by then is written by the next run", async () => {
    configure({ max: 6 });
    world.kubernetes.faults.next(
      { method: "PATCH", path: /horizontalpodautoscalers/ },
      { status: 409 },
    );

    await world.tick();
    expect(condition()).toBeUndefined();
    await world.tick();
    expect(autoscaler().spec).toMatchObject({ maxReplicas: 6 });
  });

  it("one that is not there for two runs is told, and the other gateway's is set all the same", async () => {
    const { store } = world.kubernetes;
    store.put({
      ...autoscaler(),
      spec: { ...autoscaler().spec, scaleTargetRef: { kind: "Deployment", name: "other" } },
    });
    configure({ max: 6 });
    const [first, second] = world.cluster.gateways;
    if (first === undefined || second === undefined) throw new Error("two gateways");
    world.cluster = { ...world.cluster, gateways: [first, { ...second, hpa: { max: 6 } }] };

    await world.tick();
    expect(condition()).toMatchObject({ status: "False", reason: "Missing" });
    expect(world.memory.told.has(KEY)).toBe(false);
    await world.tick();

    expect(world.memory.told.get(KEY)).toContain(`Deployment ${NAME} has no autoscaler`);
    expect(store.get("HorizontalPodAutoscaler", "egress-1", "egw-1-asm-1-28")?.spec).toMatchObject({
      maxReplicas: 6,
    });
  });
});

/** As `az aks mesh upgrade` does. */
function setRevisions(...revisions: readonly string[]): void {
  const { arm, kubernetes, cluster } = world;
  arm.editCluster(cluster.resourceName, (raw) => {
    const { properties } = raw as {
      properties: { serviceMeshProfile: { istio: { revisions: readonly string[] } } };
    };
    properties.serviceMeshProfile.istio.revisions = revisions;
  });
  kubernetes.mesh.applyManagedCluster(arm.cluster(cluster.resourceName));
}
