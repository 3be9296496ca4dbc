import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { createCredential } from "#src/adapters/azure/credential.ts";
import { createManagedClusters } from "#src/adapters/azure/managed-clusters.ts";
import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import type { Fault } from "#test/simulators/arm/faults.ts";
import { type Json, objectAt, objectsAt, omit } from "#test/simulators/arm/json.ts";
import { type ArmSimulator, startArmSimulator } from "#test/simulators/arm/start-arm.ts";
import { eventually } from "#test/support/eventually.ts";
import { Az } from "./az.ts";

const SUBSCRIPTION = "00000000-0000-0000-0000-000000000001";
const IN_GROUP = "--resource-group rg";
const MINUTES = 60_000;

let arm: ArmSimulator;
let az: Az;
let count = 0;

beforeAll(async () => {
  arm = await startArmSimulator();
  arm.addCluster({ subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name: "first" });
  az = await Az.signedIn(arm);
}, 2 * MINUTES);
afterAll(async () => {
  await az.close();
  await arm.close();
});
beforeEach(() => arm.faults.clear());

/** A cluster of the test's own; its name. */
function added(properties: Json = {}): string {
  count += 1;
  const name = `prod-${count}`;
  const body = { properties };
  arm.addCluster({ subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name, body });
  return name;
}

/** AKS never says how long to wait between polls, and az waits 30 seconds: here it is told to wait one. */
function polledEverySecond(): void {
  meets({}, Infinity);
}

function meets(fault: Fault, times: number): void {
  arm.faults.next({}, { ...fault, headers: { "retry-after": "1" } }, times);
}

function propertiesOf(cluster: string): Json {
  return objectAt(arm.cluster(cluster), "properties");
}

function poolsOf(cluster: string): readonly Json[] {
  return objectsAt(propertiesOf(cluster), "agentPoolProfiles");
}

function egressGatewaysOf(cluster: string): readonly Json[] {
  return objectsAt(
    propertiesOf(cluster),
    "serviceMeshProfile",
    "istio",
    "components",
    "egressGateways",
  );
}

/** All of a cluster but what every operation renews. */
function lastingOf(cluster: string): Json {
  const { properties, ...rest } = omit(arm.cluster(cluster), "eTag");
  const pools = poolsOf(cluster).map((pool) => omit(pool, "eTag"));
  return { ...rest, ...objectAt(properties), agentPoolProfiles: pools };
}

function gateway(name: string): string {
  return `--istio-egressgateway-name ${name} --istio-egressgateway-namespace egress-gw`;
}

describe("Microsoft's az, with the simulated Azure,", () => {
  it("finds the subscription of whom it signed in", async () => {
    expect(await az.json("account show")).toMatchObject({
      id: SUBSCRIPTION,
      tenantId: arm.tenantId,
      state: "Enabled",
      user: { name: arm.clientId, type: "servicePrincipal" },
    });
  });

  it("reads a cluster, its network and its kubeconfig", async () => {
    const name = added();
    const shown = await az.json(`aks show ${IN_GROUP} --name ${name}`);
    const networks = await az.json(
      `network vnet list --resource-group ${String(shown["nodeResourceGroup"])}`,
    );
    const credentials = await az.run(`aks get-credentials ${IN_GROUP} --name ${name} --file -`);

    expect(shown).toMatchObject({
      id: arm.cluster(name)["id"],
      eTag: arm.cluster(name)["eTag"],
      provisioningState: "Succeeded",
      serviceMeshProfile: { mode: "Istio", istio: { revisions: ["asm-1-28"] } },
      identityProfile: objectAt(propertiesOf(name), "identityProfile"),
      agentPoolProfiles: [{ name: "nodepool1", count: 3, mode: "System" }],
    });
    expect(networks).toMatchObject([{ addressSpace: { addressPrefixes: ["10.224.0.0/12"] } }]);
    expect(credentials.output).toContain(`server: https://${name}.hcp.westeurope.azmk8s.io`);
  });

  it(
    "builds an egress gateway and takes it down again, and nothing else changes",
    async () => {
      const name = added();
      const cluster = `${IN_GROUP} --name ${name}`;
      const pool = `${IN_GROUP} --cluster-name ${name} --name egress`;
      const before = lastingOf(name);
      polledEverySecond();

      await az.json(`aks update ${cluster} --enable-static-egress-gateway`);
      expect(lastingOf(name)).toMatchObject({
        ...before,
        networkProfile: {
          ...objectAt(before, "networkProfile"),
          staticEgressGatewayProfile: { enabled: true },
        },
      });

      await az.json(
        `aks nodepool add ${pool} --mode Gateway --gateway-prefix-size 30 --node-count 2`,
      );
      expect(poolsOf(name)).toMatchObject([
        objectsAt(before, "agentPoolProfiles")[0],
        {
          name: "egress",
          mode: "Gateway",
          count: 2,
          gatewayProfile: { publicIPPrefixSize: 30 },
          nodeTaints: ["kubernetes.azure.com/mode=gateway:NoSchedule"],
          provisioningState: "Succeeded",
        },
      ]);

      const [system, egress] = lastingOf(name)["agentPoolProfiles"] as readonly Json[];
      await az.json(
        `aks mesh enable-egress-gateway ${cluster} ${gateway("egw")} --gateway-configuration-name egw`,
      );
      const entry = { name: "egw", namespace: "egress-gw", gatewayConfigurationName: "egw" };
      expect(egressGatewaysOf(name)).toEqual([{ ...entry, enabled: true }]);
      expect(lastingOf(name)["agentPoolProfiles"]).toEqual([system, egress]);

      await az.json(`aks mesh disable-egress-gateway ${cluster} ${gateway("egw")} --yes`);
      expect(egressGatewaysOf(name)).toEqual([{ ...entry, enabled: false }]);
      expect(await az.json(`aks show ${cluster}`)).toMatchObject({
        serviceMeshProfile: {
          istio: { components: { egressGateways: [{ ...entry, enabled: null }] } },
        },
      });

      await az.json(`aks nodepool delete ${pool}`);
      await az.json(`aks update ${cluster} --disable-static-egress-gateway`);
      expect(lastingOf(name)).toMatchObject({
        ...before,
        networkProfile: {
          ...objectAt(before, "networkProfile"),
          staticEgressGatewayProfile: { enabled: false },
        },
        serviceMeshProfile: {
          mode: "Istio",
          istio: { components: { egressGateways: [entry] }, revisions: ["asm-1-28"] },
        },
      });
    },
    4 * MINUTES,
  );

  it(
    "and Sallyport write one cluster in turn, and neither undoes what the other did",
    async () => {
      const name = added({ networkProfile: { staticEgressGatewayProfile: { enabled: true } } });
      const clusters = sallyport();
      const ours = entryOf("ours");
      polledEverySecond();

      await writeAsSallyport(clusters, name, ours);
      await az.json(
        `aks mesh enable-egress-gateway ${IN_GROUP} --name ${name} ${gateway("theirs")} --gateway-configuration-name theirs`,
      );
      expect(egressGatewaysOf(name)).toEqual([ours, entryOf("theirs")]);

      await writeAsSallyport(clusters, name, { ...ours, enabled: false });
      expect(egressGatewaysOf(name)).toEqual([{ ...ours, enabled: false }, entryOf("theirs")]);
    },
    2 * MINUTES,
  );

  it.each([
    [
      "in the usual form",
      { status: 409, code: "OperationNotAllowed", message: "Another operation is in progress" },
    ],
    ["without the outer error", { status: 409, code: "EtagMismatch", message: "m", flat: true }],
  ])(
    "tells why a write was refused, told %s",
    async (_how, fault) => {
      const name = added();
      arm.faults.next({ method: "PUT" }, fault);

      const refused = await az.run(
        `aks update ${IN_GROUP} --name ${name} --enable-static-egress-gateway`,
      );
      expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining(fault.code) });
      expect(propertiesOf(name)["networkProfile"]).not.toHaveProperty("staticEgressGatewayProfile");
    },
    2 * MINUTES,
  );

  it(
    "tells why an operation failed that was begun",
    async () => {
      const name = added();
      const failOperation = { code: "OriginalEtagNotExpect", message: "preempted" };
      arm.faults.next({ method: "PUT" }, { failOperation, headers: { "retry-after": "1" } });
      polledEverySecond();

      const failed = await az.run(
        `aks update ${IN_GROUP} --name ${name} --enable-static-egress-gateway`,
      );
      expect(failed).toMatchObject({
        code: 1,
        errors: expect.stringContaining("(OriginalEtagNotExpect) preempted"),
      });
      expect(propertiesOf(name)["provisioningState"]).toBe("Failed");
    },
    2 * MINUTES,
  );
});

function entryOf(name: string) {
  return { name, namespace: "egress-gw", enabled: true, gatewayConfigurationName: name };
}

function sallyport(): ManagedClusters {
  const { url, ca, tenantId, clientId, clientSecret } = arm;
  const credential = createCredential({ authorityHost: url, ca, tenantId, clientId, clientSecret });
  return createManagedClusters({ endpoint: url, ca, credential, requestTimeoutMs: 5000 });
}

async function writeAsSallyport(
  clusters: ManagedClusters,
  name: string,
  entry: ReturnType<typeof entryOf>,
): Promise<void> {
  const address = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg", name };
  const { etag } = await clusters.read(address);
  await clusters.change(address, { egressGateways: [entry] }, etag);
  await eventually(async () =>
    expect((await clusters.read(address)).provisioningState).toBe("Succeeded"),
  );
}
