import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { objectAt, objectsAt } from "#test/simulators/arm/json.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const CLUSTER = { subscriptionId: "sub-1", resourceGroup: "rg", name: "prod" };
const POOL = { name: "egress", vmSize: "Standard_D4ds_v5", nodeCount: 2, publicIpPrefixSize: 31 };
const GATEWAY = {
  name: "gateway-a",
  namespace: "gateway-a",
  enabled: true,
  gatewayConfigurationName: "gateway-a",
};
const RUN_MS = 30_000;

let now = 0;
let arm: ArmSimulator;
let clusters: ManagedClusters;

beforeEach(async () => {
  now = 1_000_000;
  arm = await startArmSimulator({ operationMs: RUN_MS, clock: () => now });
  arm.addCluster({ ...CLUSTER, body: { futureTop: "kept", tags: { owner: "platform" } } });
  clusters = clustersOf(arm);
});
afterEach(() => arm.close());

function clustersOf(at: ArmSimulator, requestTimeoutMs = 5000): ManagedClusters {
  const { url, ca, tenantId, clientId, clientSecret } = at;
  const credential = createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret });
  return createManagedClusters({ endpoint: url, ca, credential, requestTimeoutMs });
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );
}

async function enableStaticEgress(): Promise<string> {
  const { etag } = await clusters.read(CLUSTER);
  const handle = await clusters.change(CLUSTER, { staticEgress: true }, etag);
  expect(handle).toBeDefined();
  return handle ?? "";
}

describe("reading", () => {
  it("gives the facts of a cluster", async () => {
    expect(await clusters.read(CLUSTER)).toMatchObject({
      etag: arm.cluster("prod")["eTag"],
      provisioningState: "Succeeded",
      meshMode: "Istio",
      revisions: ["asm-1-28"],
      staticEgress: false,
      kubernetesVersion: "1.33.5",
      pools: [{ name: "nodepool1", mode: "System", count: 3, publicIpPrefixSize: undefined }],
    });
  });

  it("finds no cluster that is not there", async () => {
    const error = await caught(clusters.read({ ...CLUSTER, name: "nowhere" }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({
      code: "ClusterNotFound",
      message: "reading managed cluster nowhere",
    });
  });

  it("gives the prefixes of the network AKS made", async () => {
    expect(await clusters.virtualNetworkRanges(CLUSTER)).toEqual(["10.224.0.0/12"]);
  });

  it("gives the IPv4 prefixes of the subnets' networks, each network asked once", async () => {
    const network = "/subscriptions/sub-2/resourceGroups/net/providers/Microsoft.Network";
    arm.addVirtualNetwork({
      subscriptionId: "sub-2",
      resourceGroup: "net",
      name: "hub",
      prefixes: ["172.16.0.0/16", "fd00::/48", "10.1.0.0/16"],
    });
    arm.editCluster("prod", (raw) => {
      const [pool = {}] = objectsAt(raw, "properties", "agentPoolProfiles");
      pool["vnetSubnetID"] = `${network}/virtualNetworks/hub/subnets/a`;
      objectAt(raw, "properties")["agentPoolProfiles"] = [
        pool,
        { ...pool, name: "two", vnetSubnetID: `${network}/virtualnetworks/HUB/subnets/b` },
      ];
    });
    expect(await clusters.virtualNetworkRanges(CLUSTER)).toEqual(["10.1.0.0/16", "172.16.0.0/16"]);
    expect(arm.log.filter(({ url }) => /virtualnetworks/i.test(url))).toHaveLength(1);
  });

  it("gives the user kubeconfig as YAML", async () => {
    arm.setUserCredential("prod", { server: "https://127.0.0.1:6443", ca: "ca" });
    const text = new TextDecoder().decode(await clusters.userKubeconfig(CLUSTER));
    expect(text).toContain("server: https://127.0.0.1:6443");
    expect(arm.log.at(-1)?.url).toContain("format=exec");
  });
});

describe("a change of the cluster", () => {
  it("is one PUT with If-Match that keeps what it does not know and rolls nothing back", async () => {
    const { etag } = await clusters.read(CLUSTER);
    await enableStaticEgress();
    expect(arm.writes()).toHaveLength(1);
    expect(arm.writes()[0]?.headers["if-match"]).toBe(etag);
    expect(arm.cluster("prod")).toMatchObject({ futureTop: "kept", tags: { owner: "platform" } });
    expect(arm.rollbacks).toEqual([]);
  });

  it("is followed to its end, and by another process that was given the handle", async () => {
    const handle = await enableStaticEgress();
    expect(await clusters.operation(handle)).toEqual({ state: "running", status: "InProgress" });
    now += RUN_MS / 2;
    const restarted = clustersOf(arm);
    expect(await restarted.operation(handle)).toEqual({
      state: "running",
      status: "ReconcilingDNS",
    });
    now += RUN_MS;
    expect(await restarted.operation(handle)).toEqual({ state: "succeeded" });
    expect(arm.writes()).toHaveLength(1);
    expect(await restarted.read(CLUSTER)).toMatchObject({ staticEgress: true });
  });

  it("adds an egress gateway and leaves the others", async () => {
    await enableStaticEgress();
    now += RUN_MS;
    const other = { ...GATEWAY, name: "other", enabled: false };
    for (const egressGateways of [[other], [GATEWAY]]) {
      const { etag } = await clusters.read(CLUSTER);
      await clusters.change(CLUSTER, { egressGateways }, etag);
      now += RUN_MS;
    }
    expect((await clusters.read(CLUSTER)).egressGateways).toEqual([other, GATEWAY]);
  });

  it("works where Azure gives no eTag", async () => {
    arm.editCluster("prod", (raw) => void delete raw["eTag"]);
    const { etag } = await clusters.read(CLUSTER);
    expect(etag).toBe("");
    expect(await clusters.change(CLUSTER, { staticEgress: true }, etag)).toBeDefined();
    expect(arm.writes()[0]?.headers).not.toHaveProperty("if-match");
  });

  it("sends nothing that only Azure writes", async () => {
    await enableStaticEgress();
    const sent = objectAt(arm.writes()[0]?.body);
    const [pool] = objectsAt(sent, "properties", "agentPoolProfiles");
    expect(sent).not.toHaveProperty("eTag");
    for (const key of ["fqdn", "powerState"])
      expect(objectAt(sent, "properties")).not.toHaveProperty(key);
    for (const key of ["currentOrchestratorVersion", "nodeImageVersion"])
      expect(pool).not.toHaveProperty(key);
  });

  it("is not sent where the cluster changed since the plan was made", async () => {
    const { etag } = await clusters.read(CLUSTER);
    arm.editCluster("prod", (raw) => void (raw["tags"] = {}));
    expect(await caught(clusters.change(CLUSTER, { staticEgress: true }, etag))).toBeInstanceOf(
      RetryableError,
    );
    expect(arm.writes()).toEqual([]);
  });

  it.each([
    ["the plan's eTag", () => String(arm.cluster("prod")["eTag"])],
    ["the eTag of what was read, where the plan had none", () => ""],
  ])("is guarded against other writers by %s", async (_, planned) => {
    const etag = planned();
    const held = arm.faults.next({ method: "PUT" }, { hold: "before" });
    const change = caught(clusters.change(CLUSTER, { staticEgress: true }, etag));
    await held.hit;
    arm.editCluster("prod", (raw) => void (raw["tags"] = {}));
    held.release();
    expect(await change).toBeInstanceOf(RetryableError);
    expect(arm.log.at(-1)).toMatchObject({ method: "PUT", status: 412 });
  });

  it("that another operation is in the way of may be tried again", async () => {
    await enableStaticEgress();
    const error = await caught(clusters.createGatewayPool(CLUSTER, POOL));
    expect(error).toBeInstanceOf(RetryableError);
    expect(objectAt(error, "cause")["message"]).toMatch(/409: OperationNotAllowed/);
  });

  it("that failed in Azure says why", async () => {
    const failure = { code: "QuotaExceeded", message: "no cores left" };
    arm.faults.next({ method: "PUT" }, { failOperation: failure });
    const handle = await enableStaticEgress();
    now += RUN_MS;
    expect(await clusters.operation(handle)).toEqual({ state: "failed", ...failure });
  });

  it("whose answer was lost is reported as unclear, and was sent once", async () => {
    const { etag } = await clusters.read(CLUSTER);
    arm.faults.next({ method: "PUT" }, { dropAfter: true });
    expect(await caught(clusters.change(CLUSTER, { staticEgress: true }, etag))).toBeInstanceOf(
      RetryableError,
    );
    expect(arm.writes()).toHaveLength(1);
    expect(await clusters.read(CLUSTER)).toMatchObject({ provisioningState: "Updating" });
  });
});

describe("a new gateway node pool", () => {
  it("is created with what was configured", async () => {
    const handle = await clusters.createGatewayPool(CLUSTER, POOL);
    now += RUN_MS;
    expect(await clusters.operation(handle ?? "")).toEqual({ state: "succeeded" });
    expect((await clusters.read(CLUSTER)).pools[1]).toEqual({
      name: "egress",
      mode: "Gateway",
      provisioningState: "Succeeded",
      count: 2,
      publicIpPrefixSize: 31,
      isStopped: false,
      hasPodSubnet: false,
    });
  });

  it("never alters one that exists", async () => {
    await clusters.createGatewayPool(CLUSTER, POOL);
    now += RUN_MS;
    const again = clusters.createGatewayPool(CLUSTER, { ...POOL, nodeCount: 1 });
    expect(await caught(again)).toBeInstanceOf(RetryableError);
    expect((await clusters.read(CLUSTER)).pools[1]?.count).toBe(2);
  });

  it("that Azure finds wrong is a person's business", async () => {
    const wrong = clusters.createGatewayPool(CLUSTER, { ...POOL, nodeCount: 3 });
    expect(await caught(wrong)).toMatchObject({ name: "FatalError", code: "BadRequest" });
  });
});

describe("what is taken away", () => {
  it("is a node pool, and once it is gone nothing", async () => {
    await clusters.createGatewayPool(CLUSTER, POOL);
    now += RUN_MS;
    const handle = await clusters.deletePool(CLUSTER, "egress");
    now += RUN_MS;

    expect(await clusters.operation(handle ?? "")).toEqual({ state: "succeeded" });
    expect((await clusters.read(CLUSTER)).pools.map(({ name }) => name)).not.toContain("egress");
    expect(await clusters.deletePool(CLUSTER, "egress")).toBeUndefined();
  });

  it("is the static egress feature, and nothing beside it", async () => {
    const { etag } = await clusters.read(CLUSTER);
    await clusters.change(CLUSTER, { staticEgress: true }, etag);
    now += RUN_MS;
    const on = await clusters.read(CLUSTER);
    await clusters.change(CLUSTER, { staticEgress: false }, on.etag);
    now += RUN_MS;

    const off = await clusters.read(CLUSTER);
    expect(off).toEqual({ ...on, staticEgress: false, etag: off.etag });
  });
});

describe("an answer of Azure", () => {
  it.each([
    [{ status: 409, code: "EtagMismatch", message: "busy", flat: true }],
    [{ status: 412, code: "PreconditionFailed" }],
    [{ status: 429 }],
    [{ status: 500 }],
    [{ status: 503, code: "ServerTimeout" }],
    [{ dropBefore: true }],
  ])("may pass: %j", async (fault) => {
    arm.faults.next({ path: /managedClusters/i }, fault);
    expect(await caught(clusters.read(CLUSTER))).toBeInstanceOf(RetryableError);
  });

  it.each([
    [401, "Forbidden"],
    [403, "Forbidden"],
    [404, "ClusterNotFound"],
    [400, "BadRequest"],
  ])("%d needs a person: %s", async (status, code) => {
    arm.faults.next({ path: /managedClusters/i }, { status, code: "Some", message: "text" });
    const error = await caught(clusters.read(CLUSTER));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code });
    expect(objectAt(error, "cause")["message"]).toBe(`azure answered ${status}: Some: text`);
  });

  it("tells how long to wait", async () => {
    arm.faults.next({ path: /managedClusters/i }, { status: 429, headers: { "retry-after": "7" } });
    expect(await caught(clusters.read(CLUSTER))).toMatchObject({ retryAfterMs: 7000 });
  });

  it("that Azure throttles tells when there is room again", async () => {
    const limited = await startArmSimulator({
      clock: () => now,
      throttle: { getCluster: { burst: 1, perSecond: 0.05 } },
    });
    limited.addCluster(CLUSTER);
    const azure = clustersOf(limited);
    await azure.read(CLUSTER);
    const error = await caught(azure.read(CLUSTER));
    await limited.close();
    expect(error).toBeInstanceOf(RetryableError);
    expect(error).toMatchObject({ retryAfterMs: 20_000 });
  });

  it("that does not come in time may come next time", async () => {
    const held = arm.faults.next({ path: /managedClusters/i }, { hold: true });
    expect(await caught(clustersOf(arm, 50).read(CLUSTER))).toBeInstanceOf(RetryableError);
    held.release();
  });

  it("that is no managed cluster is a bad answer", async () => {
    arm.editCluster("prod", (raw) => void delete raw["location"]);
    expect(await caught(clusters.read(CLUSTER))).toMatchObject({ code: "BadAnswer" });
  });
});
