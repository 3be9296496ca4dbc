import type { AgentPoolFacts, ManagedClusterFacts } from "#src/domain/plan/azure/infrastructure.ts";
import type { ManagedCluster, Pool } from "./schema.ts";

/** Where an egress gateway names no namespace. https://learn.microsoft.com/azure/aks/istio-deploy-egress */
export const DEFAULT_EGRESS_NAMESPACE = "aks-istio-egress";

/** https://learn.microsoft.com/azure/aks/configure-static-egress-gateway */
const DEFAULT_PREFIX_SIZE = 31;

/** The facts of a managed cluster; Azure leaves out what is off or empty. */
export function toFacts({ id, location, eTag, properties }: ManagedCluster): ManagedClusterFacts {
  const { powerState, agentPoolProfiles, oidcIssuerProfile, kubernetesVersion } = properties;
  return {
    id,
    location,
    etag: eTag ?? "",
    provisioningState: properties.provisioningState,
    powerState: powerState?.code ?? "Running",
    kubernetesVersion: properties.currentKubernetesVersion ?? kubernetesVersion ?? "",
    ...meshFacts(properties.serviceMeshProfile),
    ...networkFacts(properties.networkProfile),
    pools: (agentPoolProfiles ?? []).map(poolFacts),
    oidcIssuerEnabled: oidcIssuerProfile?.enabled === true,
  };
}

type Properties = ManagedCluster["properties"];

function meshFacts(
  profile: Properties["serviceMeshProfile"],
): Pick<ManagedClusterFacts, "egressGateways" | "meshMode" | "revisions"> {
  const { revisions, components } = profile?.istio ?? {};
  return {
    meshMode: profile?.mode === "Istio" ? "Istio" : "Disabled",
    revisions: revisions ?? [],
    egressGateways: (components?.egressGateways ?? []).map((gateway) => ({
      name: gateway.name,
      namespace: gateway.namespace ?? DEFAULT_EGRESS_NAMESPACE,
      enabled: gateway.enabled === true,
      gatewayConfigurationName: gateway.gatewayConfigurationName ?? undefined,
    })),
  };
}

function networkFacts(
  profile: Properties["networkProfile"],
): Pick<ManagedClusterFacts, "ipFamilies" | "podCidrs" | "serviceCidrs" | "staticEgress"> {
  return {
    staticEgress: profile?.staticEgressGatewayProfile?.enabled === true,
    ipFamilies: profile?.ipFamilies ?? ["IPv4"],
    podCidrs: profile?.podCidrs ?? listOf(profile?.podCidr),
    serviceCidrs: profile?.serviceCidrs ?? listOf(profile?.serviceCidr),
  };
}

function poolFacts(pool: Pool): AgentPoolFacts {
  const mode = pool.mode ?? "User";
  return {
    name: pool.name,
    mode,
    provisioningState: pool.provisioningState ?? "",
    count: pool.count ?? 0,
    isStopped: pool.powerState?.code === "Stopped",
    publicIpPrefixSize:
      mode === "Gateway"
        ? (pool.gatewayProfile?.publicIPPrefixSize ?? DEFAULT_PREFIX_SIZE)
        : undefined,
    hasPodSubnet: (pool.podSubnetID ?? "") !== "",
  };
}

function listOf(value: string | null | undefined): readonly string[] {
  return value === null || value === undefined ? [] : [value];
}
