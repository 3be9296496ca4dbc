import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const CLUSTER = { subscriptionId: "sub-1", resourceGroup: "rg", name: "prod" };
const POOL = { name: "egress", vmSize: "Standard_D4ds_v5", nodeCount: 2, publicIpPrefixSize: 31 };

let arm: ArmSimulator;
let clusters: ManagedClusters;

beforeEach(async () => {
  arm = await startArmSimulator();
  arm.addCluster(CLUSTER);
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

describe("signing in", () => {
  it("that is refused needs a person", async () => {
    const refused = clustersOf({ ...arm, clientSecret: "wrong" }).read(CLUSTER);
    expect(await caught(refused)).toMatchObject({ name: "FatalError", code: "Forbidden" });
  });

  it("may pass where the authority is down", async () => {
    const { tenantId, clientId, clientSecret, ca, url } = arm;
    const credential = createCredential({
      authorityHost: "https://127.0.0.1:9",
      ca,
      tenantId,
      clientId,
      clientSecret,
    });
    const unreachable = createManagedClusters({ endpoint: url, ca, credential });
    expect(await caught(unreachable.read(CLUSTER))).toBeInstanceOf(RetryableError);
  });

  it.each([429, 503])("may pass where the authority answers %d", async (status) => {
    arm.faults.next({ path: /oauth2.v2.0.token/ }, { status }, Infinity);
    expect(await caught(clusters.read(CLUSTER))).toBeInstanceOf(RetryableError);
  });

  it("that takes too long may be quicker next time", async () => {
    const held = arm.faults.next({ path: /oauth2.v2.0.token/ }, { hold: true });
    const slow = clustersOf(arm, 50).createGatewayPool(CLUSTER, POOL);
    expect(await caught(slow)).toBeInstanceOf(RetryableError);
    held.release();
    await clusters.read(CLUSTER);
    expect(arm.writes()).toEqual([]);
  });

  it("works with the federated token of a workload identity", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "federated-"));
    const federatedTokenFile = path.join(folder, "token");
    await writeFile(federatedTokenFile, "a.b.c");
    const { url, ca, tenantId, clientId } = arm;
    const credential = createCredential({
      authorityHost: url,
      ca,
      tenantId,
      clientId,
      federatedTokenFile,
    });
    const federated = createManagedClusters({ endpoint: url, ca, credential });
    expect(await federated.read(CLUSTER)).toMatchObject({ location: "westeurope" });
    await rm(folder, { recursive: true });
  });
});
