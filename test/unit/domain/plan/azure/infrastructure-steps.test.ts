import { describe, expect, it } from "@jest/globals";
import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import type { ManagedClusterFacts } from "#src/domain/plan/azure/infrastructure.ts";
import {
  clusterRefusal,
  estimate,
  gatewayConfigurationSpec,
  gatewayRefusal,
  infrastructureSteps,
} from "#src/domain/plan/azure/infrastructure-steps.ts";
import { stepsNotShown } from "#src/domain/plan/grant-digest.ts";
import { BARE } from "../some-gateways.ts";

const gateway: ConfiguredGateway = {
  name: "egw",
  namespace: "egress-gw",
  pool: "egress",
  excludeCidrs: ["10.20.0.0/16"],
};
const cluster: Cluster = {
  name: "prod",
  subscriptionId: "s",
  resourceGroup: "rg",
  resourceName: "aks",
  domain: "cluster.local",
  pools: [{ name: "egress", vmSize: "Standard_D2s_v5", nodeCount: 2, publicIpPrefixSize: 31 }],
  gateways: [gateway],
};

function facts(overrides: Partial<ManagedClusterFacts> = {}): ManagedClusterFacts {
  return { ...BARE, ...overrides };
}

const enabled = {
  name: "egw",
  namespace: "egress-gw",
  enabled: true,
  gatewayConfigurationName: "egw",
};

describe("infrastructureSteps", () => {
  it("are all five, in their order, for a bare cluster, with an estimate", () => {
    const steps = infrastructureSteps(cluster, gateway, {
      azure: facts(),
      virtualNetworkRanges: [],
      namespaces: [],
      gatewayConfigurations: [],
      configurationsServed: true,
    });

    expect(steps.map(({ kind }) => kind)).toEqual([
      "static-egress-feature",
      "gateway-node-pool",
      "namespace",
      "static-gateway-configuration",
      "egress-gateway",
    ]);
    expect(estimate(steps)).toBe("about 17 min");
  });

  it("are none where everything is there", () => {
    const steps = infrastructureSteps(cluster, gateway, {
      azure: facts({
        staticEgress: true,
        egressGateways: [enabled],
        pools: [
          {
            name: "egress",
            mode: "Gateway",
            provisioningState: "Succeeded",
            count: 2,
            publicIpPrefixSize: 31,
            isStopped: false,
            hasPodSubnet: false,
          },
        ],
      }),
      virtualNetworkRanges: [],
      namespaces: ["egress-gw"],
      configurationsServed: true,
      gatewayConfigurations: [
        {
          apiVersion: "v1",
          kind: "StaticGatewayConfiguration",
          metadata: { name: "egw", namespace: "egress-gw" },
        },
      ],
    });

    expect(steps).toEqual([]);
  });

  it("are covered by an approval only with the same content", () => {
    const [step] = infrastructureSteps(cluster, gateway, {
      azure: facts(),
      virtualNetworkRanges: [],
      namespaces: [],
      gatewayConfigurations: [],
      configurationsServed: true,
    });
    if (step === undefined) throw new Error("no step");

    expect(stepsNotShown([step], [step])).toEqual([]);
    expect(stepsNotShown([step], [{ ...step, spec: { enabled: false } }])).toEqual([step]);
  });
});

describe("gatewayConfigurationSpec", () => {
  it("keeps the cluster's own ranges out of the gateway, each once and none within another", () => {
    const { excludeCidrs } = gatewayConfigurationSpec(gateway, {
      azure: facts(),
      virtualNetworkRanges: ["10.0.0.0/8"],
    });

    expect(excludeCidrs).toEqual(["10.0.0.0/8", "168.63.129.16/32", "169.254.169.254/32"]);
  });

  it("names the public IP prefix of one's own, where there is one", () => {
    const observed = { azure: facts(), virtualNetworkRanges: [] };
    const publicIpPrefixId = "/subscriptions/s/…/publicIPPrefixes/partner";

    expect(gatewayConfigurationSpec({ ...gateway, publicIpPrefixId }, observed)).toMatchObject({
      provisionPublicIps: true,
      publicIpPrefixId,
    });
    expect(gatewayConfigurationSpec(gateway, observed)).not.toHaveProperty("publicIpPrefixId");
  });
});

describe("gatewayRefusal", () => {
  it("refuses to point somebody else's gateway at a configuration of ours", () => {
    const theirs = facts({ egressGateways: [{ ...enabled, gatewayConfigurationName: "legacy" }] });

    expect(gatewayRefusal(gateway, theirs)?.why).toContain('"legacy"');
    expect(gatewayRefusal(gateway, facts({ egressGateways: [enabled] }))).toBeUndefined();
    expect(
      gatewayRefusal(
        gateway,
        facts({
          egressGateways: [{ ...enabled, enabled: false, gatewayConfigurationName: "legacy" }],
        }),
      ),
    ).toBeUndefined();
  });
});

describe("clusterRefusal", () => {
  const pool = {
    name: "apps",
    mode: "User",
    provisioningState: "Succeeded",
    count: 3,
    publicIpPrefixSize: undefined,
    isStopped: false,
    hasPodSubnet: true,
  };

  it.each([
    ["ClusterStopped", { powerState: "Stopped" }],
    ["NoIstioAddon", { meshMode: "Disabled" as const }],
    ["PodSubnet", { pools: [pool] }],
    ["DualStack", { ipFamilies: ["IPv4", "IPv6"] }],
    [
      "TooManyGateways",
      {
        egressGateways: Array.from({ length: 500 }, (_, index) => ({
          ...enabled,
          name: `gw-${index}`,
        })),
      },
    ],
  ])("is %s where static egress cannot work", (reason, overrides) => {
    expect(clusterRefusal(cluster, facts(overrides))?.reason).toBe(reason);
  });

  it("has nothing against a fit cluster", () => {
    expect(clusterRefusal(cluster, facts())).toBeUndefined();
  });
});
