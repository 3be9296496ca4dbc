import type { ObjectRef } from "./kubernetes-object.ts";

/** Teams and gateways as `sallyport.yaml` names them, defaults filled. Made by `config/`, read everywhere. */
export interface Directory {
  readonly teams: readonly Team[];
  readonly clusters: readonly Cluster[];
}

/** The namespaces of a cluster's teams, sorted: where the worker may write. */
export function namespacesIn(
  { teams }: Pick<Directory, "teams">,
  cluster: string,
): readonly string[] {
  const placements = teams.flatMap((team) => team.placements);
  const there = placements.filter((each) => each.cluster === cluster);
  return [...new Set(there.map(({ namespace }) => namespace))].toSorted();
}

export interface Team {
  readonly name: string;
  /** Where the team's workloads live; a command has to name one where there are several. */
  readonly placements: readonly Placement[];
  /** Slack channel id that belongs to this team: there `for TEAM` may be left out. */
  readonly channel: string | undefined;
  /** Slack user group id; its members may revoke the team's grants. */
  readonly userGroup: string | undefined;
}

export interface Placement {
  readonly cluster: string;
  readonly namespace: string;
  /** Sorted; empty = the whole namespace. */
  readonly serviceAccounts: readonly string[];
  /** `namespace/name` of a gateway of the cluster. */
  readonly gateway: string;
}

export interface Cluster {
  readonly name: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** The managed cluster's name in Azure. */
  readonly resourceName: string;
  /** `cluster.local` unless configured. */
  readonly domain: string;
  readonly pools: readonly GatewayPool[];
  readonly gateways: readonly ConfiguredGateway[];
}

export interface GatewayPool {
  readonly name: string;
  readonly vmSize: string;
  readonly nodeCount: number;
  readonly publicIpPrefixSize: number;
}

export interface ConfiguredGateway {
  readonly name: string;
  readonly namespace: string;
  readonly pool: string;
  /** CIDRs beside the cluster's own that do not go through the gateway. */
  readonly excludeCidrs: readonly string[];
  /** Of a public IP prefix that is not made for the gateway, and outlives it. */
  readonly publicIpPrefixId?: string;
  /** Of its autoscaler; what is not set stays as it is. */
  readonly hpa?: AutoscalerSettings;
}

/** Replicas, and the percent of the processor its pods ask for that they are to be kept at. */
export interface AutoscalerSettings {
  readonly min?: number;
  readonly max?: number;
  readonly cpu?: number;
}

/** The name of the StaticGatewayConfiguration of a gateway: one each, in the gateway's namespace. */
export function gatewayConfigurationName(gateway: { readonly name: string }): string {
  return gateway.name;
}

export function gatewayConfigurationRef(gateway: {
  readonly namespace: string;
  readonly name: string;
}): ObjectRef {
  const { namespace } = gateway;
  return { kind: "StaticGatewayConfiguration", namespace, name: gatewayConfigurationName(gateway) };
}
