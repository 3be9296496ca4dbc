import type { Cluster, ConfiguredGateway } from "../../directory.ts";
import { gatewayConfigurationName } from "../../directory.ts";
import { gatewayKey, type GatewayRef } from "../../grant.ts";
import type { ManagedClusterFacts } from "./infrastructure.ts";
import type { KubernetesObject } from "../../kubernetes-object.ts";
import { normaliseCidrs } from "../../network/address.ts";
import type { Step } from "../../request/request.ts";
import { type Refusal, refuse } from "../../outcome.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";

/** What the gateways lane reads before it plans: one look at Azure, one at the cluster. */
export interface ObservedInfrastructure {
  readonly azure: ManagedClusterFacts;
  readonly virtualNetworkRanges: readonly string[];
  /** Names of the namespaces that exist. */
  readonly namespaces: readonly string[];
  readonly gatewayConfigurations: readonly KubernetesObject[];
  /** Whether the API server has StaticGatewayConfigurations: only once the static egress feature is really there. */
  readonly configurationsServed: boolean;
}

/** How long people usually wait for each step; what was measured, or what Azure's documentation says. */
export const USUALLY: Readonly<
  Record<Step["kind"] | "egress-ip-prefix" | "istio-objects" | "verification", string>
> = {
  "static-egress-feature": "about 5 min",
  "gateway-node-pool": "about 4 min",
  namespace: "a moment",
  "static-gateway-configuration": "a moment",
  "egress-ip-prefix": "up to 5 min",
  "egress-gateway": "about 5 min",
  "shared-mesh-config": "a few seconds",
  sidecar: "a few seconds",
  "istio-objects": "a few seconds",
  verification: "under a minute",
};

/** Minutes of each step, for one estimate of the whole. */
const MINUTES: Readonly<Record<Step["kind"], number>> = {
  "static-egress-feature": 5,
  "gateway-node-pool": 4,
  namespace: 0,
  "static-gateway-configuration": 3,
  "egress-gateway": 5,
  "shared-mesh-config": 0,
  sidecar: 0,
};

/** How long all of it usually takes: `about 8 min`. */
export function estimate(steps: readonly Step[]): string {
  let minutes = 0;
  for (const { kind } of steps) minutes += MINUTES[kind];
  return minutes === 0 ? "under a minute" : `about ${minutes} min`;
}

/** The steps one gateway still needs, in the order they are taken. Pure; [] = the gateway is all there. */
export function infrastructureSteps(
  cluster: Cluster,
  gateway: ConfiguredGateway,
  observed: ObservedInfrastructure,
): readonly Step[] {
  const steps: Step[] = [];
  const { azure } = observed;
  if (!azure.staticEgress) {
    steps.push({ kind: "static-egress-feature", target: cluster.name, spec: { enabled: true } });
  }
  if (!azure.pools.some((pool) => pool.name === gateway.pool)) {
    const pool = cluster.pools.find((candidate) => candidate.name === gateway.pool);
    if (pool === undefined) throw new TypeError(`gateway ${gateway.name} names an unknown pool`);
    steps.push({ kind: "gateway-node-pool", target: pool.name, spec: { ...pool } });
  }
  if (!observed.namespaces.includes(gateway.namespace)) {
    steps.push({ kind: "namespace", target: gateway.namespace, spec: {} });
  }
  const key = gatewayKey(gateway);
  if (findConfiguration(gateway, observed) === undefined) {
    steps.push({
      kind: "static-gateway-configuration",
      target: key,
      spec: gatewayConfigurationSpec(gateway, observed),
    });
  }
  if (!isEnabled(gateway, azure)) {
    steps.push({
      kind: "egress-gateway",
      target: key,
      spec: { gatewayConfigurationName: gatewayConfigurationName(gateway) },
    });
  }
  return steps;
}

export function findConfiguration(
  gateway: GatewayRef,
  observed: Pick<ObservedInfrastructure, "gatewayConfigurations">,
): KubernetesObject | undefined {
  return observed.gatewayConfigurations.find(
    ({ metadata }) =>
      metadata.namespace === gateway.namespace &&
      metadata.name === gatewayConfigurationName(gateway),
  );
}

export function isEnabled(gateway: ConfiguredGateway, azure: ManagedClusterFacts): boolean {
  return azure.egressGateways.some(
    (entry) =>
      entry.enabled &&
      entry.name === gateway.name &&
      entry.namespace === gateway.namespace &&
      entry.gatewayConfigurationName === gatewayConfigurationName(gateway),
  );
}

/**
 * `excludeCidrs` are what must *not* leave through the gateway: the cluster's own ranges (istiod, DNS, other pods),
 * Azure's metadata service, and what the configuration adds.
 * https://learn.microsoft.com/azure/aks/configure-static-egress-gateway
 */
export function gatewayConfigurationSpec(
  gateway: ConfiguredGateway,
  observed: Pick<ObservedInfrastructure, "azure" | "virtualNetworkRanges">,
): Readonly<Record<string, unknown>> {
  return {
    gatewayNodepoolName: gateway.pool,
    provisionPublicIps: true,
    ...(gateway.publicIpPrefixId === undefined
      ? {}
      : { publicIpPrefixId: gateway.publicIpPrefixId }),
    excludeCidrs: normaliseCidrs([
      ...observed.azure.podCidrs,
      ...observed.azure.serviceCidrs,
      ...observed.virtualNetworkRanges,
      ...gateway.excludeCidrs,
      "169.254.169.254/32",
      "168.63.129.16/32",
    ]),
  };
}

/** What rules a managed cluster out; checked at planning, before anything is asked of Azure. */
export function clusterRefusal(cluster: Cluster, azure: ManagedClusterFacts): Refusal | undefined {
  function no(reason: RefusalReason, why: string, fix: string): Refusal {
    return refuse(reason, { what: `nothing can be opened in cluster ${cluster.name}`, why, fix });
  }
  if (azure.powerState !== "Running") {
    return no(
      "ClusterStopped",
      `it is ${azure.powerState.toLowerCase()}`,
      "start it (`az aks start`), then ask again",
    );
  }
  if (azure.meshMode !== "Istio") {
    return no(
      "NoIstioAddon",
      "it runs without the Istio add-on",
      "the platform team can enable it (`az aks mesh enable`); Sallyport never turns a mesh on by itself",
    );
  }
  const pool = azure.pools.find((candidate) => candidate.hasPodSubnet);
  if (pool !== undefined) {
    return no(
      "PodSubnet",
      `node pool ${pool.name} uses a pod subnet, and static egress does not work with Azure CNI Pod Subnet`,
      "use a cluster whose node pools have no pod subnet",
    );
  }
  if (azure.ipFamilies.some((family) => family !== "IPv4")) {
    return no(
      "DualStack",
      "it is dual-stack, and static egress is IPv4 only",
      "use a cluster with IPv4 alone",
    );
  }
  return gatewayCountRefusal(cluster, azure);
}

/** A gateway somebody enabled on a configuration of their own is never pointed elsewhere: its egress IP would change. */
export function gatewayRefusal(
  gateway: ConfiguredGateway,
  azure: ManagedClusterFacts,
): Refusal | undefined {
  const theirs = azure.egressGateways.find(
    (entry) =>
      entry.enabled && entry.name === gateway.name && entry.namespace === gateway.namespace,
  );
  if (theirs === undefined || isEnabled(gateway, azure)) return undefined;
  const key = gatewayKey(gateway);
  return refuse("GatewayTaken", {
    what: `nothing can be opened through gateway ${key}`,
    why: `the cluster already has an egress gateway of that name, on StaticGatewayConfiguration "${theirs.gatewayConfigurationName ?? ""}", which Sallyport did not make`,
    fix: "give the gateway another name in Sallyport's configuration, or disable the existing one first",
  });
}

/** https://learn.microsoft.com/azure/aks/istio-deploy-egress: 500 egress gateways a cluster. */
const GATEWAY_LIMIT = 500;

function gatewayCountRefusal(cluster: Cluster, azure: ManagedClusterFacts): Refusal | undefined {
  const enabled = azure.egressGateways.filter((entry) => entry.enabled).length;
  const added = cluster.gateways.filter((gateway) => !isEnabled(gateway, azure)).length;
  if (enabled + added <= GATEWAY_LIMIT) return undefined;
  return refuse("TooManyGateways", {
    what: `nothing can be opened in cluster ${cluster.name}`,
    why: `it would have ${enabled + added} egress gateways, and AKS allows ${GATEWAY_LIMIT}`,
    fix: "remove gateways from the configuration, or use another cluster",
  });
}
