import { describe, expect, it } from "@jest/globals";
import { toFacts } from "#src/adapters/azure/facts.ts";
import { ManagedCluster } from "#src/adapters/azure/schema.ts";

function factsOf(properties: object) {
  return toFacts(
    ManagedCluster.parse({
      id: "/subscriptions/s",
      location: "westeurope",
      properties: { provisioningState: "Succeeded", ...properties },
    }),
  );
}

describe("the facts of a managed cluster", () => {
  it("have an answer for everything Azure leaves out", () => {
    expect(factsOf({})).toEqual({
      id: "/subscriptions/s",
      location: "westeurope",
      etag: "",
      provisioningState: "Succeeded",
      powerState: "Running",
      kubernetesVersion: "",
      meshMode: "Disabled",
      revisions: [],
      staticEgress: false,
      egressGateways: [],
      pools: [],
      ipFamilies: ["IPv4"],
      podCidrs: [],
      serviceCidrs: [],
      oidcIssuerEnabled: false,
    });
  });

  it("take an egress gateway without enabled for one that is off, in the default namespace", () => {
    const istio = { components: { egressGateways: [{ name: "a" }] }, revisions: null };
    expect(factsOf({ serviceMeshProfile: { mode: "Istio", istio } })).toMatchObject({
      meshMode: "Istio",
      egressGateways: [
        {
          name: "a",
          namespace: "aks-istio-egress",
          enabled: false,
          gatewayConfigurationName: undefined,
        },
      ],
    });
  });

  it("read prefix sizes of gateway pools only, and pod subnets of any", () => {
    const pools = [
      { name: "a", mode: "System", provisioningState: "Succeeded", count: 3, podSubnetID: "/s" },
      { name: "b", mode: "Gateway", count: 2, gatewayProfile: { publicIPPrefixSize: 30 } },
      { name: "c", mode: "Gateway", count: 2 },
    ];
    expect(
      factsOf({ agentPoolProfiles: pools }).pools.map((pool) => [
        pool.publicIpPrefixSize,
        pool.hasPodSubnet,
      ]),
    ).toEqual([
      [undefined, true],
      [30, false],
      [31, false],
    ]);
  });

  it("take a pool for stopped where Azure says so, and for one without nodes where it says nothing of them", () => {
    const pools = [
      { name: "a", count: 2, powerState: { code: "Stopped" } },
      { name: "b", count: 2, powerState: { code: "Running" } },
      { name: "c", powerState: null },
    ];
    expect(
      factsOf({ agentPoolProfiles: pools }).pools.map((pool) => [pool.isStopped, pool.count]),
    ).toEqual([
      [true, 2],
      [false, 2],
      [false, 0],
    ]);
  });

  it("prefer the version that runs and the lists over the single ranges", () => {
    const networkProfile = {
      podCidr: "10.244.0.0/16",
      podCidrs: ["10.244.0.0/16", "fd00::/64"],
      serviceCidr: "10.0.0.0/16",
    };
    expect(
      factsOf({
        kubernetesVersion: "1.33",
        currentKubernetesVersion: "1.33.5",
        networkProfile,
      }),
    ).toMatchObject({
      kubernetesVersion: "1.33.5",
      podCidrs: ["10.244.0.0/16", "fd00::/64"],
      serviceCidrs: ["10.0.0.0/16"],
    });
  });
});
