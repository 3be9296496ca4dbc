import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import { roomFor } from "#src/requests/observe/capacity.ts";
import { aGateway, aWorld } from "#test/unit/domain/plan/some-gateways.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const CLUSTER = { subscriptionId: "sub-1", resourceGroup: "rg", name: "prod" };

let used = 0;
let arm: ArmSimulator;
let clusters: ManagedClusters;

beforeEach(async () => {
  used = 0;
  arm = await startArmSimulator({ publicIpPrefixes: () => used });
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  clusters = createManagedClusters({
    endpoint: url,
    ca,
    credential: createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret }),
    requestTimeoutMs: 5000,
  });
});
afterEach(() => arm.close());

describe("Azure's limits", () => {
  it("counts the public IP prefixes of the subscription beside what it may have", async () => {
    used = 3;
    arm.setLimit("PublicIpPrefixes", 7);

    expect(await clusters.publicIpPrefixes(CLUSTER, "west europe")).toEqual({ used: 3, limit: 7 });
    expect(arm.log.at(-1)?.url).toMatch(
      /^\/subscriptions\/[^/]+\/providers\/Microsoft\.Network\/locations\/west%20europe\/usages\?api-version=/,
    );
  });

  it("knows of no limit that Azure does not list, and of none that is none", async () => {
    arm.setLimit("PublicIpPrefixes", -1);
    expect(await clusters.publicIpPrefixes(CLUSTER, "westeurope")).toBeUndefined();

    arm.setLimit("PublicIpPrefixes", undefined);
    expect(await clusters.publicIpPrefixes(CLUSTER, "westeurope")).toBeUndefined();
  });

  it("says that it may not read limits", async () => {
    arm.faults.next({ path: /usages/ }, { status: 403, code: "AuthorizationFailed" });

    await expect(clusters.publicIpPrefixes(CLUSTER, "westeurope")).rejects.toMatchObject({
      code: "Forbidden",
    });
  });
});

describe("room for a gateway", () => {
  const gateway = aGateway(0);

  it.each([
    ["a right that is missing", { status: 403, code: "AuthorizationFailed" }, "403"],
    ["an Azure that is busy", { status: 429 }, "429"],
    ["an Azure that fails", { status: 503 }, "503"],
    ["a provider that is not there", { status: 404 }, "404"],
    ["a connection that is cut", { dropBefore: true }, "reading what subscription"],
  ])("is not judged for %s, which is told", async (_, fault, said) => {
    const { cluster, infrastructure } = aWorld([gateway]);
    arm.faults.next({ path: /usages/ }, fault);

    const room = await roomFor({ clusters }, { cluster, gateway }, infrastructure);

    if (isRefusal(room)) throw new Error("refused");
    expect(room.steps.length).toBeGreaterThan(0);
    expect(room.notJudged).toEqual([expect.stringContaining(said)]);
  });

  it("is not judged where Azure lists no such limit, which is told", async () => {
    const { cluster, infrastructure } = aWorld([gateway]);
    arm.setLimit("PublicIpPrefixes", undefined);

    expect(await roomFor({ clusters }, { cluster, gateway }, infrastructure)).toMatchObject({
      notJudged: [expect.stringContaining("Azure names none")],
    });
  });

  it("counts those that Azure is about to make for others", async () => {
    const other = aGateway(1);
    const stages = { [`${other.namespace}/${other.name}`]: "configured" } as const;
    const { cluster, infrastructure } = aWorld([gateway, other], { stages });
    used = 5;
    arm.setLimit("PublicIpPrefixes", 7);
    const room = await roomFor({ clusters }, { cluster, gateway }, infrastructure);
    expect(room).not.toHaveProperty("notJudged");
    expect(isRefusal(room)).toBe(false);

    used = 6;
    expect(await roomFor({ clusters }, { cluster, gateway }, infrastructure)).toMatchObject({
      reason: "NoPrefixLeft",
      why: expect.stringContaining("has 6 of the 7 that it may have in westeurope, and 1 more is"),
    });
  });

  it("is not asked of Azure where a prefix is there, or one of one's own is named", async () => {
    const stages = { [`${gateway.namespace}/${gateway.name}`]: "configured" } as const;
    const built = aWorld([gateway], { stages });
    const own = { ...gateway, publicIpPrefixId: "/subscriptions/s/…" };
    const { cluster, infrastructure } = aWorld([own]);

    await roomFor({ clusters }, { cluster: built.cluster, gateway }, built.infrastructure);
    await roomFor({ clusters }, { cluster, gateway: own }, infrastructure);

    expect(arm.log).toEqual([]);
  });
});
