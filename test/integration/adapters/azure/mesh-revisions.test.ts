import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { pino } from "pino";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import { observeOfferedRevisions } from "#src/requests/observe/mesh/offered-revisions.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";
import { aCluster } from "#test/unit/domain/plan/some-gateways.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";

const HOUR = 3_600_000;
const CLUSTER = aCluster([]);
const OFFERED = ["asm-1-28", "asm-1-29", "asm-1-30"];

let arm: ArmSimulator;
let clusters: ManagedClusters;
let now = 0;

beforeEach(async () => {
  now = 0;
  arm = await startArmSimulator({});
  const { subscriptionId, resourceGroup, resourceName: name } = CLUSTER;
  arm.addCluster({ subscriptionId, resourceGroup, name });
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  clusters = createManagedClusters({
    endpoint: url,
    ca,
    credential: createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret }),
    requestTimeoutMs: 5000,
  });
});
afterEach(() => arm.close());

/** Looks at the revisions on offer at each of these times, in hours; answers how often Azure was asked for them. */
async function looks(memory = memoryStore(), ...hours: readonly number[]) {
  const ports = { clusters, memory, clock: { now: () => now }, log: pino({ level: "silent" }) };
  const seen: unknown[] = [];
  for (const hour of hours) {
    now = hour * HOUR;
    seen.push(await observeOfferedRevisions(ports, CLUSTER));
  }
  return { seen, asked: arm.log.filter(({ url }) => url.includes("meshRevisionProfiles")).length };
}

it("revisions that Azure offers where the cluster is are asked for once a day", async () => {
  const memory = memoryStore();

  expect(await looks(memory, 0, 1, 23.9)).toEqual({ seen: [OFFERED, OFFERED, OFFERED], asked: 1 });
  expect(await looks(memory, 24)).toEqual({ seen: [OFFERED], asked: 2 });
});

it("what could not be read is not known, holds nothing up, and is asked for again after an hour", async () => {
  const memory = memoryStore();
  arm.faults.next({ path: /meshRevisionProfiles/ }, { status: 403, code: "AuthorizationFailed" });

  expect(await looks(memory, 0, 0.9)).toEqual({ seen: [undefined, undefined], asked: 1 });
  expect(await looks(memory, 1)).toEqual({ seen: [OFFERED], asked: 2 });
});
