import { describe, expect, it } from "@jest/globals";
import { mergeChange } from "#src/adapters/azure/merge.ts";

const OTHER = {
  name: "other",
  namespace: "other-ns",
  enabled: true,
  gatewayConfigurationName: "other",
  futureField: 1,
};
const ENTRY = {
  name: "gateway-a",
  namespace: "gateway-a",
  enabled: true,
  gatewayConfigurationName: "gateway-a",
};
const RAW = {
  id: "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/prod",
  location: "westeurope",
  name: "prod",
  type: "Microsoft.ContainerService/ManagedClusters",
  systemData: { createdBy: "somebody" },
  eTag: "cluster-etag",
  tags: { owner: "platform" },
  identity: { type: "SystemAssigned", principalId: "p", tenantId: "t", futureOfIdentity: 1 },
  futureTop: { deep: [1, 2] },
  properties: {
    provisioningState: "Succeeded",
    powerState: { code: "Running" },
    maxAgentPools: 100,
    kubernetesVersion: "1.33",
    currentKubernetesVersion: "1.33.5",
    fqdn: "prod.hcp.westeurope.azmk8s.io",
    privateFQDN: "prod.privatelink.westeurope.azmk8s.io",
    azurePortalFQDN: "prod.portal.hcp.westeurope.azmk8s.io",
    resourceUID: "5f8a",
    status: { provisioningError: null },
    futureProperty: { kept: true },
    agentPoolProfiles: [
      {
        name: "nodepool1",
        count: 3,
        nodeImageVersion: "AKSUbuntu-1",
        provisioningState: "Succeeded",
        eTag: "pool-etag",
        powerState: { code: "Running" },
        currentOrchestratorVersion: "1.33.5",
        status: { provisioningError: null },
        virtualMachineNodesStatus: [{ size: "Standard_D4ds_v5", count: 1 }],
        futureOfPool: "kept",
      },
    ],
    networkProfile: {
      podCidr: "10.244.0.0/16",
      futureOfNetwork: "kept",
      loadBalancerProfile: {
        managedOutboundIPs: { count: 1 },
        effectiveOutboundIPs: [{ id: "/ip" }],
      },
      natGatewayProfile: { idleTimeoutInMinutes: 4, effectiveOutboundIPs: [] },
      staticEgressGatewayProfile: { futureOfProfile: "kept" },
    },
    serviceMeshProfile: {
      mode: "Istio",
      futureOfMesh: "kept",
      istio: {
        revisions: ["asm-1-27", "asm-1-28"],
        certificateAuthority: { plugin: { keyVaultId: "/kv" } },
        components: {
          ingressGateways: [{ enabled: true, mode: "Internal" }],
          proxyRedirectionMechanism: "CNIChaining",
          egressGateways: [OTHER],
        },
      },
    },
  },
};
const UNCHANGED = {
  location: RAW.location,
  tags: RAW.tags,
  identity: { type: "SystemAssigned", futureOfIdentity: 1 },
  futureTop: RAW.futureTop,
  properties: {
    kubernetesVersion: "1.33",
    futureProperty: RAW.properties.futureProperty,
    agentPoolProfiles: [{ name: "nodepool1", count: 3, futureOfPool: "kept" }],
    networkProfile: {
      ...RAW.properties.networkProfile,
      loadBalancerProfile: { managedOutboundIPs: { count: 1 } },
      natGatewayProfile: { idleTimeoutInMinutes: 4 },
    },
    serviceMeshProfile: RAW.properties.serviceMeshProfile,
  },
};

function withGateways(egressGateways: readonly object[]) {
  const { serviceMeshProfile: mesh } = RAW.properties;
  const components = { ...mesh.istio.components, egressGateways };
  const serviceMeshProfile = { ...mesh, istio: { ...mesh.istio, components } };
  return { ...UNCHANGED, properties: { ...UNCHANGED.properties, serviceMeshProfile } };
}

describe("the body of a managed cluster's PUT", () => {
  it("is what was read without what the server owns, where nothing changes", () => {
    expect(mergeChange(RAW, {})).toEqual(UNCHANGED);
  });

  it("turns static egress on and keeps everything beside it", () => {
    expect(mergeChange(RAW, { staticEgress: true })).toEqual({
      ...UNCHANGED,
      properties: {
        ...UNCHANGED.properties,
        networkProfile: {
          ...UNCHANGED.properties.networkProfile,
          staticEgressGatewayProfile: { futureOfProfile: "kept", enabled: true },
        },
      },
    });
  });

  it("adds an egress gateway after the others and keeps ingress, revisions, authority and unknown fields", () => {
    expect(mergeChange(RAW, { egressGateways: [ENTRY] })).toEqual(withGateways([OTHER, ENTRY]));
  });

  it("sets the gateway of the same name and namespace, in its place and with its unknown fields", () => {
    const change = { ...ENTRY, name: "other", namespace: "other-ns", enabled: false };
    expect(mergeChange(RAW, { egressGateways: [change] })).toEqual(
      withGateways([{ ...OTHER, ...change }]),
    );
  });

  it("takes a gateway of the same name in another namespace for another one", () => {
    const second = { ...ENTRY, name: "other" };
    expect(mergeChange(RAW, { egressGateways: [second] })).toEqual(withGateways([OTHER, second]));
  });

  it("says of a gateway that came without enabled that it is off, and knows the default namespace", () => {
    const off = { name: "off", gatewayConfigurationName: "off" };
    const raw = withGateways([off]);
    expect(mergeChange(raw, {})).toEqual(withGateways([{ ...off, enabled: false }]));
    const entry = { ...ENTRY, name: "off", namespace: "aks-istio-egress" };
    expect(mergeChange(raw, { egressGateways: [entry] })).toEqual(withGateways([entry]));
  });

  it("builds the path where the cluster has none", () => {
    const bare = { location: "westeurope", properties: { agentPoolProfiles: null } };
    expect(mergeChange(bare, { staticEgress: true, egressGateways: [ENTRY] })).toEqual({
      location: "westeurope",
      properties: {
        agentPoolProfiles: null,
        networkProfile: { staticEgressGatewayProfile: { enabled: true } },
        serviceMeshProfile: { istio: { components: { egressGateways: [ENTRY] } } },
      },
    });
  });

  it("leaves what was read as it was", () => {
    const before = structuredClone(RAW);
    mergeChange(RAW, { staticEgress: true, egressGateways: [ENTRY] });
    expect(RAW).toEqual(before);
  });
});
