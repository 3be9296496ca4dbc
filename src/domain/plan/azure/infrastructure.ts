import type { ConfigurationWarning } from "../../gateways/configuration-warning.ts";
import type { KeepsPods } from "../../gateways/no-pod.ts";
import type { ConfiguredGateway } from "../../directory.ts";

/** How far one gateway has got, as observed. */
export interface GatewayState {
  readonly gateway: ConfiguredGateway;
  /** `namespace/name` */
  readonly key: string;
  /** When its StaticGatewayConfiguration was made. Epoch ms; undefined while there is none. */
  readonly configurationSince: number | undefined;
  readonly egressIpPrefix: string | undefined;
  /** Newest warning Event on the StaticGatewayConfiguration, while it has no prefix: its only error channel. */
  readonly warning: ConfigurationWarning | undefined;
  /** What keeps it without a pod, once it is enabled. */
  readonly keepsPods: KeepsPods | undefined;
  readonly enabled: boolean;
  /** Deployment and Service are there and a pod is available. */
  readonly ready: boolean;
}

/** Nothing of it is left to build. */
export function isComplete({ enabled, ready, egressIpPrefix }: GatewayState): boolean {
  return enabled && ready && egressIpPrefix !== undefined;
}

/** What Sallyport reads of a managed cluster (AKS REST API `managedClusters`), normalised. */
export interface ManagedClusterFacts {
  /** Azure resource id, as Azure spells it; compare case-insensitively. */
  readonly id: string;
  readonly location: string;
  /** "" where the server gave none. */
  readonly etag: string;
  readonly provisioningState: string;
  /** `Running` or `Stopped`. */
  readonly powerState: string;
  readonly kubernetesVersion: string;
  readonly meshMode: "Istio" | "Disabled";
  /** One revision, or two during a canary upgrade; like `asm-1-28`. */
  readonly revisions: readonly string[];
  readonly staticEgress: boolean;
  /** `enabled` is false where Azure leaves the property out. */
  readonly egressGateways: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly enabled: boolean;
    readonly gatewayConfigurationName: string | undefined;
  }[];
  readonly pools: readonly AgentPoolFacts[];
  /** `["IPv4"]` or with `IPv6`. */
  readonly ipFamilies: readonly string[];
  readonly podCidrs: readonly string[];
  readonly serviceCidrs: readonly string[];
  readonly oidcIssuerEnabled: boolean;
}

export interface AgentPoolFacts {
  readonly name: string;
  /** `System`, `User` or `Gateway`. */
  readonly mode: string;
  readonly provisioningState: string;
  /** Of nodes, as somebody set it. */
  readonly count: number;
  readonly isStopped: boolean;
  /** Prefix length of each StaticGatewayConfiguration's public IP prefix, 28..31; pools of mode Gateway only. */
  readonly publicIpPrefixSize: number | undefined;
  /** Pod subnets (Azure CNI Pod Subnet) rule out static egress. */
  readonly hasPodSubnet: boolean;
}

/** A gateway node pool as configured. https://learn.microsoft.com/azure/aks/configure-static-egress-gateway */
export interface GatewayPoolSpec {
  /** `^[a-z][a-z0-9]{0,11}$` */
  readonly name: string;
  readonly vmSize: string;
  /** At most 2^(32 - publicIpPrefixSize): each node takes one address of the prefix. */
  readonly nodeCount: number;
  /** 28..31 */
  readonly publicIpPrefixSize: number;
}
