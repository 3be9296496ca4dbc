import { ContainerServiceClient } from "@azure/arm-containerservice";
import {
  createDefaultHttpClient,
  createPipelineRequest,
  type PipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const POLL = { updateIntervalInMs: 10 };

let arm: ArmSimulator;
let client: ContainerServiceClient;

beforeEach(async () => {
  arm = await startArmSimulator();
  arm.addCluster({ subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name: "prod" });
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: url,
    disableInstanceDiscovery: true,
    tlsOptions: { ca },
  });
  const options = { endpoint: url, tlsOptions: { ca }, retryOptions: { maxRetries: 0 } };
  client = new ContainerServiceClient(credential, SUBSCRIPTION, options);
});
afterEach(() => arm.close());

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

async function get(path: string): Promise<Answered> {
  return answered(await client.pipeline.sendRequest(createDefaultHttpClient(), requestOf(path)));
}

async function getSignedOut(path: string): Promise<Answered> {
  return answered(await createDefaultHttpClient().sendRequest(requestOf(path)));
}

function requestOf(path: string): PipelineRequest {
  const request = createPipelineRequest({ url: `${arm.url}${path}` });
  request.tlsSettings = { ca: arm.ca };
  return request;
}

function answered({ status, bodyAsText }: PipelineResponse): Answered {
  return { status, body: JSON.parse(bodyAsText ?? "{}") };
}

describe("what Microsoft's az asks for besides", () => {
  it("says to anybody where to sign in", async () => {
    const { status, body } = await getSignedOut("/metadata/endpoints?api-version=2022-09-01");

    expect(status).toBe(200);
    expect(body).toMatchObject({
      resourceManager: arm.url,
      authentication: { loginEndpoint: arm.url, audiences: expect.any(Array) },
    });
  });

  it("lists subscriptions, to those who signed in", async () => {
    const listed = await get("/subscriptions?api-version=2022-12-01");
    const one = await get(`/subscriptions/${SUBSCRIPTION}?api-version=2022-12-01`);
    const none = await get("/subscriptions/another?api-version=2022-12-01");
    const unknown = await getSignedOut("/subscriptions?api-version=2022-12-01");

    const subscription = { subscriptionId: SUBSCRIPTION, tenantId: arm.tenantId, state: "Enabled" };
    expect(listed.body).toMatchObject({ value: [subscription] });
    expect(one.body).toMatchObject(subscription);
    expect([none.status, unknown.status]).toEqual([404, 401]);
  });

  it("offers revisions of the mesh, of which the newest has no upgrade", async () => {
    const profiles = [];
    for await (const profile of client.managedClusters.listMeshRevisionProfiles("westeurope"))
      profiles.push(profile);
    const { properties } = await client.managedClusters.getMeshRevisionProfile(
      "westeurope",
      "istio",
    );

    expect(profiles).toMatchObject([{ name: "istio", properties }]);
    const revisions = properties?.meshRevisions ?? [];
    expect(revisions.map(({ upgrades }) => upgrades)).toEqual([
      ["asm-1-29", "asm-1-30"],
      ["asm-1-30"],
      undefined,
    ]);
    await expect(
      client.managedClusters.getMeshRevisionProfile("westeurope", "other"),
    ).rejects.toMatchObject({ statusCode: 404 });
  });

  it("keeps who the cluster and its kubelet are through a write that does not say it", async () => {
    const before = await client.managedClusters.get("rg", "prod");
    await client.managedClusters.createOrUpdate("rg", "prod", before, POLL);
    const after = await client.managedClusters.get("rg", "prod");

    expect(before.identity?.principalId).toBeDefined();
    expect(after.identity).toEqual(before.identity);
    expect(after.identityProfile?.["kubeletidentity"]?.objectId).toBeDefined();
    expect(after.identityProfile).toEqual(before.identityProfile);
  });

  it.each([
    ["an empty list of taints", [], []],
    ["another taint", ["a=b:NoSchedule"], ["a=b:NoSchedule"]],
    ["no taints", undefined, []],
  ])("taints a gateway pool that was sent with %s", async (_sent, nodeTaints, kept) => {
    const pool = { mode: "Gateway", count: 2, ...(nodeTaints === undefined ? {} : { nodeTaints }) };
    const created = await client.agentPools.createOrUpdate("rg", "prod", "egress", pool, POLL);
    const updated = await client.agentPools.createOrUpdate("rg", "prod", "egress", pool, POLL);

    const taints = [...kept, "kubernetes.azure.com/mode=gateway:NoSchedule"];
    expect([created.nodeTaints, updated.nodeTaints]).toEqual([taints, taints]);
  });
});
