import { afterEach, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import type { ManagedClusters, OperationState } from "#src/ports/cluster/clusters.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const CLUSTER = { subscriptionId: "sub-1", resourceGroup: "rg", name: "prod" };

let arm: ArmSimulator;
let clusters: ManagedClusters;

afterEach(() => arm.close());

/** An operation that never ends, saying `status`; answers with its handle. */
async function operationSaying(status: string): Promise<string> {
  arm = await startArmSimulator({ clock: () => 0, statuses: [status] });
  arm.addCluster(CLUSTER);
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  const credential = createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret });
  clusters = createManagedClusters({ endpoint: url, ca, credential, requestTimeoutMs: 5000 });
  const { etag } = await clusters.read(CLUSTER);
  const handle = await clusters.change(CLUSTER, { staticEgress: true }, etag);
  expect(handle).toBeDefined();
  return handle ?? "";
}

async function lookAt(status: string): Promise<OperationState> {
  const handle = await operationSaying(status);
  return clusters.operation(handle);
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );
}

describe("a look at an operation", () => {
  it("that fails says nothing about the operation, whatever the status", async () => {
    const handle = await operationSaying("InProgress");
    for (const status of [403, 429, 500]) {
      arm.faults.next({ path: /operations/ }, { status });
      expect(await caught(clusters.operation(handle))).toBeInstanceOf(RetryableError);
    }
  });

  it.each(["Canceled", "canceled", "Failed"])("knows %s for an end", async (status) => {
    expect(await lookAt(status)).toEqual({
      state: "failed",
      code: status,
      message: "",
    });
  });

  it.each(["Retrying1FailedNode", "CreatingAgentPool: 1/2 nodes succeeded", "CancelingOldNodes"])(
    "takes %s for the free text of an operation that runs",
    async (status) => {
      expect(await lookAt(status)).toEqual({ state: "running", status });
    },
  );

  it("whose record is gone says so", async () => {
    const handle = await operationSaying("InProgress");
    const gone = handle.replace(/operations\/[^?]+/, "operations/unknown");
    expect(await clusters.operation(gone)).toEqual({ state: "gone" });
  });

  it("never carries the token to another origin", async () => {
    const handle = (await operationSaying("InProgress")).replace("127.0.0.1", "localhost");
    const calls = arm.log.length;
    expect(await caught(clusters.operation(handle))).toBeInstanceOf(RetryableError);
    expect(arm.log).toHaveLength(calls);
  });
});
