import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import { fencedClusters } from "#src/lanes/lease/fenced-clusters.ts";
import { AzureRefusal, type ManagedClusters } from "#src/ports/cluster/clusters.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const CLUSTER = { subscriptionId: "sub-1", resourceGroup: "rg", name: "prod" };
const PUT = { method: "PUT" };

let arm: ArmSimulator;
let clusters: ManagedClusters;
beforeEach(async () => {
  arm = await startArmSimulator();
  arm.addCluster(CLUSTER);
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  const credential = createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret });
  clusters = createManagedClusters({ endpoint: url, ca, credential, requestTimeoutMs: 60_000 });
});
afterEach(() => arm.close());

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );
}

function puts(): number {
  return arm.log.filter(({ method }) => method === "PUT").length;
}

describe("a call that is no longer wanted", () => {
  it("is given up while it is under way", async () => {
    const stop = new AbortController();
    const fault = arm.faults.next(PUT, { hold: "before" });
    const call = caught(clusters.until(stop.signal).change(CLUSTER, { staticEgress: true }, ""));
    await fault.hit;

    stop.abort();

    expect(await call).toBeInstanceOf(RetryableError);
    fault.release();
  });

  it("is not made at all afterwards", async () => {
    const before = arm.log.length;

    expect(await caught(clusters.until(AbortSignal.abort()).read(CLUSTER))).toBeInstanceOf(
      RetryableError,
    );

    expect(arm.log.length).toBe(before);
  });
});

describe("a write the Lease does not cover", () => {
  it("is not sent; what is read is read", async () => {
    const lease = { remainingMs: () => 0, signal: new AbortController().signal };
    const fenced = fencedClusters(clusters, lease);

    const error = await caught(fenced.change(CLUSTER, { staticEgress: true }, ""));

    expect(error).toBeInstanceOf(RetryableError);
    expect(puts()).toBe(0);
    expect((await fenced.read(CLUSTER)).staticEgress).toBe(false);
  });

  it("is sent while it does", async () => {
    const lease = { remainingMs: () => 1, signal: new AbortController().signal };

    await fencedClusters(clusters, lease).change(CLUSTER, { staticEgress: true }, "");

    expect(puts()).toBe(1);
  });
});

describe("what Azure refuses", () => {
  it.each([
    [409, "ScopeLocked", false, RetryableError],
    [400, "BadRequest", false, FatalError],
    [409, "EtagMismatch", true, RetryableError],
  ] as const)("%s %s says so in the cause of the error", async (status, code, flat, type) => {
    arm.faults.next(PUT, { status, code, message: "words of Azure's", flat });

    const error = await caught(clusters.change(CLUSTER, { staticEgress: true }, ""));

    expect(error).toBeInstanceOf(type);
    expect(error).toHaveProperty("cause", expect.any(AzureRefusal));
    expect(error).toHaveProperty("cause.answer", { status, code, message: "words of Azure's" });
    expect(error).toHaveProperty(
      "cause.message",
      `azure answered ${status}: ${code}: words of Azure's`,
    );
  });

  it("has no such cause where Azure did not answer", async () => {
    arm.faults.next(PUT, { dropBefore: true });

    const error = await caught(clusters.change(CLUSTER, { staticEgress: true }, ""));

    expect(error).toBeInstanceOf(RetryableError);
    expect((error as Error).cause).not.toBeInstanceOf(AzureRefusal);
  });
});
