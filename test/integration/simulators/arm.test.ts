import { ContainerServiceClient } from "@azure/arm-containerservice";
import { ClientSecretCredential } from "@azure/identity";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Json, objectAt, objectsAt } from "#test/simulators/arm/json.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const RUN_MS = 30_000;
const POLL = { updateIntervalInMs: 10 };

let now = 1_000_000;
let knownConfigurations: string[] = [];
let arm: ArmSimulator;
let client: ContainerServiceClient;

/** Time stands still unless a test moves it. */
beforeEach(async () => {
  now = 1_000_000;
  knownConfigurations = ["gateway-a/gateway-a"];
  arm = await startArmSimulator({
    operationMs: RUN_MS,
    clock: () => now,
    sgcExists: (namespace, name) => knownConfigurations.includes(`${namespace}/${name}`),
  });
  arm.addCluster({ subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name: "prod" });
  client = clientOf(arm);
});
afterEach(() => arm.close());

function clientOf({ url, ca, tenantId, clientId, clientSecret }: ArmSimulator) {
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: url,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  return new ContainerServiceClient(credential, SUBSCRIPTION, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  });
}

/** Starts the write and answers once it is accepted or refused. */
async function enableStaticEgress(options: { readonly ifMatch?: string } = {}) {
  const cluster = await client.managedClusters.get("rg", "prod");
  const poller = client.managedClusters.createOrUpdate(
    "rg",
    "prod",
    {
      ...cluster,
      networkProfile: { ...cluster.networkProfile, staticEgressGatewayProfile: { enabled: true } },
    },
    { ...POLL, ...options },
  );
  await poller.submitted();
  // A poller is a thenable: returned bare, it would be waited for.
  return { poller };
}

async function settle(): Promise<void> {
  now += RUN_MS;
  await client.managedClusters.get("rg", "prod");
}

function gatewayPool(options: { readonly ifNoneMatch?: string } = {}) {
  return client.agentPools.createOrUpdate(
    "rg",
    "prod",
    "egress",
    { mode: "Gateway", count: 2, vmSize: "", gatewayProfile: { publicIPPrefixSize: 31 } },
    { ...POLL, ...options },
  );
}

function eTags(): readonly unknown[] {
  const raw = arm.cluster("prod");
  return [raw["eTag"], ...objectsAt(raw, "properties", "agentPoolProfiles").map((p) => p["eTag"])];
}

describe("the write of a managed cluster", () => {
  it("shows what was requested at once, ends by itself and then has new eTags everywhere", async () => {
    const before = eTags();
    const { poller } = await enableStaticEgress();

    const accepted = await client.managedClusters.get("rg", "prod");
    expect(accepted.provisioningState).toBe("Updating");
    expect(accepted.networkProfile?.staticEgressGatewayProfile?.enabled).toBe(true);
    expect(accepted.agentPoolProfiles?.map((p) => p.provisioningState)).toEqual(["Updating"]);
    expect(eTags()).toEqual(before);

    now += RUN_MS;
    const result = await poller.pollUntilDone();
    expect(result.provisioningState).toBe("Succeeded");
    for (const [index, eTag] of eTags().entries()) expect(eTag).not.toBe(before[index]);
  });

  it("goes through AKS's free-text statuses as time passes", async () => {
    await enableStaticEgress();
    const statuses = [];
    for (const share of [0, 0.4, 0.8, 1]) {
      now = 1_000_000 + RUN_MS * share;
      statuses.push(await statusOf(arm, client));
    }
    expect(statuses).toEqual(["InProgress", "ReconcilingDNS", "ReconcilingAddons", "Succeeded"]);
  });

  it("is refused with 409 while another runs, in changing wordings, one without the outer error", async () => {
    await enableStaticEgress();
    const codes = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await enableStaticEgress().catch((error: unknown) => error);
      codes.push(objectAt(refused)["code"]);
      expect(refused).toMatchObject({ statusCode: 409 });
    }
    expect(codes).toEqual(["OperationNotAllowed", "EtagMismatch"]);
  });

  it("is refused with 412 where the cluster changed since it was read", async () => {
    const stale = String(arm.cluster("prod")["eTag"]);
    arm.editCluster("prod", (raw) => {
      raw["tags"] = { by: "someone else" };
    });
    await expect(enableStaticEgress({ ifMatch: stale })).rejects.toMatchObject({ statusCode: 412 });
    await expect(
      enableStaticEgress({ ifMatch: String(arm.cluster("prod")["eTag"]) }),
    ).resolves.toBeDefined();
    expect(arm.writes()).toHaveLength(1);
  });

  it("tells listeners the managed cluster once it succeeded, never before and not where it failed", async () => {
    const settled: Json[] = [];
    arm.onSettled((raw) => settled.push(raw));
    await enableStaticEgress();
    expect(settled).toEqual([]);
    await settle();
    expect(settled).toMatchObject([
      { properties: { networkProfile: { staticEgressGatewayProfile: { enabled: true } } } },
    ]);
    arm.faults.next({ method: "PUT" }, { failOperation: { code: "Quota", message: "no cores" } });
    const { poller } = await enableStaticEgress();
    now += RUN_MS;
    await expect(poller.pollUntilDone()).rejects.toThrow("Quota. no cores");
    expect(settled).toHaveLength(1);
    expect(arm.cluster("prod")).toMatchObject({ properties: { provisioningState: "Failed" } });
  });

  it("records a node image that was sent as a rollback", async () => {
    await enableStaticEgress();
    expect(arm.rollbacks).toMatchObject([{ cluster: "prod", pool: "nodepool1" }]);
  });
});

describe("the validation of egress gateways", () => {
  const one = { name: "gateway-a", namespace: "gateway-a", enabled: true };
  const whole = { ...one, gatewayConfigurationName: "gateway-a" };

  async function put(egressGateways: (typeof whole | typeof one)[]) {
    const cluster = await client.managedClusters.get("rg", "prod");
    const serviceMeshProfile = {
      mode: "Istio",
      istio: { ...cluster.serviceMeshProfile?.istio, components: { egressGateways } },
    };
    await client.managedClusters
      .createOrUpdate("rg", "prod", { ...cluster, serviceMeshProfile }, POLL)
      .submitted();
  }

  it("needs static egress first", async () => {
    await expect(put([whole])).rejects.toMatchObject({ statusCode: 400 });
    await enableStaticEgress();
    await settle();
    await expect(put([whole])).resolves.toBeUndefined();
  });

  it.each([
    ["no configuration name", [one]],
    ["a configuration that does not exist", [{ ...whole, gatewayConfigurationName: "other" }]],
    ["duplicates", [whole, whole]],
    ["a bad name", [{ ...whole, name: "Gateway_A" }]],
  ])("refuses %s", async (_, gateways) => {
    await enableStaticEgress();
    await settle();
    await expect(put(gateways)).rejects.toMatchObject({ statusCode: 400 });
  });

  it("leaves enabled out of a gateway that is off", async () => {
    await enableStaticEgress();
    await settle();
    await put([{ ...whole, enabled: false }]);
    const { serviceMeshProfile } = await client.managedClusters.get("rg", "prod");
    expect(serviceMeshProfile?.istio?.components?.egressGateways).toEqual([
      { ...whole, enabled: undefined },
    ]);
  });
});

describe("node pools", () => {
  it("appear in the cluster and in the list, and only their own eTag changes", async () => {
    const poller = gatewayPool({ ifNoneMatch: "*" });
    await poller.submitted();
    const before = eTags();
    now += RUN_MS / 2;
    expect(await statusOf(arm, client)).toBe("CreatingAgentPool: 0/2 nodes completed");
    now += RUN_MS;
    await expect(poller.pollUntilDone()).resolves.toMatchObject({ provisioningState: "Succeeded" });

    const names = [];
    for await (const pool of client.agentPools.list("rg", "prod")) names.push(pool.name);
    expect(names).toEqual(["nodepool1", "egress"]);
    const after = eTags();
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toBe(before[2]);
  });

  it("are not created twice where the caller asked for a new one", async () => {
    await gatewayPool().submitted();
    await settle();
    await expect(gatewayPool({ ifNoneMatch: "*" }).submitted()).rejects.toMatchObject({
      statusCode: 412,
    });
  });

  it("hold no more nodes than their prefix has addresses", async () => {
    const pool = { mode: "Gateway", count: 3, gatewayProfile: { publicIPPrefixSize: 31 } };
    await expect(
      client.agentPools.createOrUpdate("rg", "prod", "egress", pool, POLL).submitted(),
    ).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe("everything else", () => {
  it("finds resources whatever the case of the path, and spells ids as AKS does", async () => {
    const { id } = await client.managedClusters.get("RG", "Prod");
    expect(id).toContain(
      "/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/",
    );
  });

  it("gives a kubeconfig with the server and CA that were set", async () => {
    arm.setUserCredential("prod", { server: "https://127.0.0.1:6443", ca: "a certificate" });
    const { kubeconfigs } = await client.managedClusters.listClusterUserCredentials("rg", "prod");
    const text = Buffer.from(kubeconfigs?.[0]?.value ?? []).toString();
    expect(text).toContain("server: https://127.0.0.1:6443");
    expect(text).toContain(Buffer.from("a certificate").toString("base64"));
    expect(text).toContain("command: kubelogin");
  });

  it("refuses a wrong client secret", async () => {
    await expect(
      clientOf({ ...arm, clientSecret: "wrong" }).managedClusters.get("rg", "prod"),
    ).rejects.toMatchObject({ name: "AuthenticationRequiredError" });
  });

  it("does not carry out a call that met a fault before, and does where only the answer was lost", async () => {
    arm.faults.next({ method: "PUT" }, { dropBefore: true });
    await expect(enableStaticEgress()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(arm.writes()).toEqual([]);
    arm.faults.next({ method: "PUT" }, { dropAfter: true });
    await expect(enableStaticEgress()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(arm.writes()).toHaveLength(1);
  });
});

/** The status of the last accepted write's operation, asked over the wire. */
async function statusOf({ log }: ArmSimulator, { pipeline }: ContainerServiceClient) {
  const { createPipelineRequest, createDefaultHttpClient } =
    await import("@azure/core-rest-pipeline");
  const write = log.findLast(({ method, accepted }) => method === "PUT" && accepted);
  const url = write?.operation;
  if (url === undefined) throw new Error("reading the operation of the last write");
  const answer = await pipeline.sendRequest(
    createDefaultHttpClient(),
    createPipelineRequest({ url, tlsSettings: { ca: arm.ca } }),
  );
  return objectAt(JSON.parse(answer.bodyAsText ?? "{}"))["status"];
}
