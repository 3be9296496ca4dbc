import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Failures, type GatewayMemory, NO_MEMORY } from "#src/domain/gateways/memory.ts";
import { approvedSteps, type GatewayNeed, needOf } from "#src/domain/plan/buildable.ts";
import type {
  AgentPoolFacts,
  GatewayState,
  ManagedClusterFacts,
} from "#src/domain/plan/azure/infrastructure.ts";
import {
  findConfiguration,
  infrastructureSteps,
  isEnabled,
  type ObservedInfrastructure,
} from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Step } from "#src/domain/request/request.ts";

/** 2026-03-02 09:00 UTC. */
export const NOW = Date.UTC(2026, 2, 2, 9);
export const BATCH_MS = 60_000;
export const TICK_MS = 15_000;

export function aGateway(number: number, pool = "egress"): ConfiguredGateway {
  return { name: `egw-${number}`, namespace: `egress-${number}`, pool, excludeCidrs: [] };
}

export function aCluster(gateways: readonly ConfiguredGateway[]): Cluster {
  return {
    name: "prod",
    subscriptionId: "s",
    resourceGroup: "rg",
    resourceName: "aks",
    domain: "cluster.local",
    pools: [...new Set(gateways.map(({ pool }) => pool))].map((name) => ({
      name,
      vmSize: "Standard_D2s_v5",
      nodeCount: 2,
      publicIpPrefixSize: 31,
    })),
    gateways,
  };
}

export function aPool(name: string, provisioningState = "Succeeded"): AgentPoolFacts {
  return {
    name,
    mode: "Gateway",
    provisioningState,
    count: 2,
    publicIpPrefixSize: 31,
    isStopped: false,
    hasPodSubnet: false,
  };
}

export function someAzure(change: Partial<ManagedClusterFacts> = {}): ManagedClusterFacts {
  return {
    id: "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
    location: "westeurope",
    etag: "1",
    provisioningState: "Succeeded",
    powerState: "Running",
    kubernetesVersion: "1.34",
    meshMode: "Istio",
    revisions: ["asm-1-28"],
    staticEgress: true,
    egressGateways: [],
    pools: [aPool("egress")],
    ipFamilies: ["IPv4"],
    podCidrs: ["10.244.0.0/16"],
    serviceCidrs: ["10.0.0.0/16"],
    oidcIssuerEnabled: false,
    ...change,
  };
}

/** A cluster as it is when nothing was built: no feature, no pool. */
export const BARE = someAzure({ staticEgress: false, pools: [] });

/** How far each gateway has got: nothing of it, its configuration, its prefix, enabled, a pod of it is available. */
export type Stage = "none" | "configured" | "prefix" | "enabled" | "ready";
const STAGES: readonly Stage[] = ["none", "configured", "prefix", "enabled", "ready"];

function isAt(stage: Stage | undefined, least: Stage): boolean {
  return STAGES.indexOf(stage ?? "none") >= STAGES.indexOf(least);
}

export interface World {
  readonly cluster: Cluster;
  readonly infrastructure: ObservedInfrastructure;
  readonly stages: ReadonlyMap<string, Stage>;
}

export function aWorld(
  gateways: readonly ConfiguredGateway[],
  {
    azure = someAzure(),
    served = azure.staticEgress,
    stages = {},
  }: {
    readonly azure?: ManagedClusterFacts;
    readonly served?: boolean;
    readonly stages?: Readonly<Record<string, Stage>>;
  } = {},
): World {
  const at = new Map(gateways.map((each) => [gatewayKey(each), stages[gatewayKey(each)]]));
  const configured = gateways.filter((each) => isAt(at.get(gatewayKey(each)), "configured"));
  return {
    cluster: aCluster(gateways),
    stages: new Map([...at].map(([key, stage]) => [key, stage ?? "none"])),
    infrastructure: {
      azure: {
        ...azure,
        egressGateways: [
          ...azure.egressGateways,
          ...gateways
            .filter((each) => isAt(at.get(gatewayKey(each)), "enabled"))
            .map(({ name, namespace }) => ({
              name,
              namespace,
              enabled: true,
              gatewayConfigurationName: name,
            })),
        ],
      },
      virtualNetworkRanges: ["10.224.0.0/12"],
      namespaces: configured.map(({ namespace }) => namespace),
      gatewayConfigurations: configured.map(configurationOf),
      configurationsServed: served,
    },
  };
}

function configurationOf({ name, namespace }: ConfiguredGateway): KubernetesObject {
  return {
    apiVersion: "egressgateway.kubernetes.azure.com/v1alpha1",
    kind: "StaticGatewayConfiguration",
    metadata: { name, namespace },
  };
}

export function stateIn(
  { infrastructure, stages }: World,
  gateway: ConfiguredGateway,
): GatewayState {
  const key = gatewayKey(gateway);
  return {
    gateway,
    key,
    configurationSince: findConfiguration(gateway, infrastructure) === undefined ? undefined : NOW,
    egressIpPrefix: isAt(stages.get(key), "prefix") ? "203.0.113.0/31" : undefined,
    warning: undefined,
    keepsPods: undefined,
    enabled: isEnabled(gateway, infrastructure.azure),
    ready: stages.get(key) === "ready",
  };
}

/** Every step any of these gateways may need, as somebody approved it when nothing was there. */
export function allSteps(gateways: readonly ConfiguredGateway[]): readonly Step[] {
  const world = aWorld(gateways, { azure: BARE });
  return gateways.flatMap((gateway) =>
    infrastructureSteps(world.cluster, gateway, world.infrastructure),
  );
}

export function needsIn(
  world: World,
  approved: readonly Step[] = allSteps(world.cluster.gateways),
): readonly GatewayNeed[] {
  const { cluster, infrastructure } = world;
  const set = approvedSteps(approved);
  return cluster.gateways.map((gateway) =>
    needOf({ cluster, state: stateIn(world, gateway) }, infrastructure, set),
  );
}

export function aMemory(change: Partial<GatewayMemory> = {}): GatewayMemory {
  return { ...NO_MEMORY, ...change };
}

export function someFailures(change: Partial<Failures> = {}): Failures {
  return {
    step: "egress-gateway",
    kind: "later",
    count: 1,
    message: "a new try",
    until: NOW + 1000,
    ...change,
  };
}
