import { ContainerServiceClient } from "@azure/arm-containerservice";
import { isRestError } from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { objectsAt } from "#test/simulators/arm/json.ts";
import {
  type ArmOptions,
  type ArmSimulator,
  startArmSimulator,
} from "#test/simulators/arm/start-arm.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const RUN_MS = 30_000;
const POLL = { updateIntervalInMs: 10 };
const GATEWAY_POOL = { mode: "Gateway", count: 2, gatewayProfile: { publicIPPrefixSize: 31 } };

let now = 0;
let arm: ArmSimulator;
let client: ContainerServiceClient;

async function start(options: ArmOptions = {}): Promise<void> {
  arm = await startArmSimulator({ operationMs: RUN_MS, clock: () => now, ...options });
  arm.addCluster({ subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name: "prod" });
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: url,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  client = new ContainerServiceClient(credential, SUBSCRIPTION, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  });
}

beforeEach(() => {
  now = 1_000_000;
});
afterEach(() => arm.close());

function read() {
  return client.managedClusters.get("rg", "prod");
}

async function addPool(name: string): Promise<void> {
  await client.agentPools.createOrUpdate("rg", "prod", name, GATEWAY_POOL, POLL).submitted();
  now += RUN_MS;
  await read();
}

function poolNames(): readonly unknown[] {
  return objectsAt(arm.cluster("prod"), "properties", "agentPoolProfiles").map((p) => p["name"]);
}

describe("the provider's throttling", () => {
  it("refuses what is over the burst and says in seconds when there is room again", async () => {
    await start({ throttle: { getCluster: { burst: 2, perSecond: 0.1 } } });
    await read();
    await read();
    const refused = await read().catch((error: unknown) => error);
    expect(refused).toMatchObject({ statusCode: 429, code: "Throttled" });
    expect(isRestError(refused) && refused.response?.headers.get("retry-after")).toBe("10");
    expect(arm.log.at(-1)).toMatchObject({ status: 429, accepted: false });
    now += 9000;
    await expect(read()).rejects.toMatchObject({ statusCode: 429 });
    now += 1000;
    await expect(read()).resolves.toMatchObject({ name: "prod" });
    await expect(read()).rejects.toMatchObject({ statusCode: 429 });
  });

  it("never holds more than the burst, however long nobody calls", async () => {
    await start({ throttle: { getCluster: { burst: 2, perSecond: 1 } } });
    await read();
    now += 3_600_000;
    await read();
    await read();
    await expect(read()).rejects.toMatchObject({ statusCode: 429 });
  });

  it("counts each cluster for itself, whatever the case of its path", async () => {
    await start({ throttle: { getCluster: { burst: 1, perSecond: 0.1 } } });
    arm.addCluster({ subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name: "other" });
    await read();
    await expect(client.managedClusters.get("RG", "PROD")).rejects.toMatchObject({
      statusCode: 429,
    });
    await expect(client.managedClusters.get("rg", "other")).resolves.toBeDefined();
  });

  it("is AKS's own where asked for: 20 writes of a cluster, then one a minute", async () => {
    await start({ throttle: true });
    const cluster = await read();
    async function put(): Promise<void> {
      await client.managedClusters.createOrUpdate("rg", "prod", cluster).submitted();
    }
    await put();
    for (let more = 1; more < 20; more += 1)
      await expect(put()).rejects.toMatchObject({ statusCode: 409 });
    await expect(put()).rejects.toMatchObject({ statusCode: 429 });
    now += 60_000;
    await expect(put()).resolves.toBeUndefined();
    expect(arm.writes()).toHaveLength(2);
  });

  it("is off unless asked for", async () => {
    await start();
    for (let call = 0; call < 70; call += 1) await read();
    expect(arm.log.every(({ status }) => status === 200)).toBe(true);
  });
});

describe("the deletion of a node pool", () => {
  it("leaves the pool until it is over, and then no trace of it", async () => {
    await start();
    await addPool("egress");
    const poller = client.agentPools.delete("rg", "prod", "egress", POLL);
    await poller.submitted();
    expect(await client.agentPools.get("rg", "prod", "egress")).toMatchObject({
      provisioningState: "Deleting",
    });
    await expect(addPool("second")).rejects.toMatchObject({ statusCode: 409 });
    now += RUN_MS;
    await poller.pollUntilDone();
    expect(poolNames()).toEqual(["nodepool1"]);
  });

  it("of a pool that is not there changes nothing", async () => {
    await start();
    const { eTag } = await read();
    await client.agentPools.delete("rg", "prod", "nowhere", POLL);
    expect(await read()).toMatchObject({ eTag, provisioningState: "Succeeded" });
  });

  it("is refused with 412 where the pool changed since it was read", async () => {
    await start();
    await addPool("egress");
    await expect(
      client.agentPools.delete("rg", "prod", "egress", { ...POLL, ifMatch: "stale" }),
    ).rejects.toMatchObject({ statusCode: 412 });
    expect(poolNames()).toEqual(["nodepool1", "egress"]);
  });

  it("that fails leaves the pool, in state Failed", async () => {
    await start();
    await addPool("egress");
    arm.faults.next({ method: "DELETE" }, { failOperation: { code: "InUse", message: "busy" } });
    const poller = client.agentPools.delete("rg", "prod", "egress", POLL);
    await poller.submitted();
    now += RUN_MS;
    await expect(poller.pollUntilDone()).rejects.toThrow("InUse. busy");
    expect(await client.agentPools.get("rg", "prod", "egress")).toMatchObject({
      provisioningState: "Failed",
    });
  });
});

it("runs Linux in pools of mode Gateway only", async () => {
  await start();
  const windows = { ...GATEWAY_POOL, osType: "Windows" };
  await expect(
    client.agentPools.createOrUpdate("rg", "prod", "egress", windows, POLL).submitted(),
  ).rejects.toMatchObject({ statusCode: 400 });
});
