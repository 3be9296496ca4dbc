import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import {
  findConfiguration,
  isEnabled,
  type ObservedInfrastructure,
} from "#src/domain/plan/infrastructure-steps.ts";
import type { Mesh, ObjectEvent } from "#src/ports/mesh.ts";
import { addressOf } from "./cluster-address.ts";
import type { LanePorts } from "../lane-ports.ts";
import { observeGateway } from "./observe-gateway.ts";

/** How far one gateway has got. */
export interface GatewayState {
  readonly gateway: ConfiguredGateway;
  readonly key: string;
  readonly configurationExists: boolean;
  readonly egressIpPrefix: string | undefined;
  /** Newest warning Event on the StaticGatewayConfiguration: its only error channel. */
  readonly warning: ObjectEvent | undefined;
  readonly enabled: boolean;
  /** Deployment and Service are there and a pod is available. */
  readonly ready: boolean;
}

export interface ObservedGateways {
  readonly infrastructure: ObservedInfrastructure;
  readonly gateways: readonly GatewayState[];
}

/** All reads of one cluster's infrastructure: at planning, at admission and at every tick. */
export async function observeInfrastructure(
  ports: Pick<LanePorts, "clusters">,
  mesh: Mesh,
  cluster: Cluster,
): Promise<ObservedInfrastructure> {
  const address = addressOf(cluster);
  const [azure, virtualNetworkRanges] = await Promise.all([
    ports.clusters.read(address),
    ports.clusters.virtualNetworkRanges(address),
  ]);
  const namespaces = await mesh.list("Namespace");
  return {
    azure,
    virtualNetworkRanges,
    namespaces: namespaces
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name),
    gatewayConfigurations: await mesh.list("StaticGatewayConfiguration"),
  };
}

export async function observeGateways(
  ports: Pick<LanePorts, "clusters">,
  mesh: Mesh,
  target: { readonly cluster: Cluster; readonly gateways: readonly ConfiguredGateway[] },
): Promise<ObservedGateways> {
  const { cluster } = target;
  const infrastructure = await observeInfrastructure(ports, mesh, cluster);
  const gateways: GatewayState[] = [];
  for (const gateway of target.gateways) {
    gateways.push(await observeState(mesh, { cluster, gateway, infrastructure }));
  }
  return { infrastructure, gateways };
}

async function observeState(
  mesh: Mesh,
  target: {
    readonly cluster: Cluster;
    readonly gateway: ConfiguredGateway;
    readonly infrastructure: ObservedInfrastructure;
  },
): Promise<GatewayState> {
  const { cluster, gateway, infrastructure } = target;
  const configuration = findConfiguration(gateway, infrastructure);
  const prefix = configuration?.status?.["egressIpPrefix"];
  const egressIpPrefix = typeof prefix === "string" && prefix !== "" ? prefix : undefined;
  const enabled = isEnabled(gateway, infrastructure.azure);
  const observed = enabled ? await observeGateway(mesh, cluster, gateway) : undefined;
  return {
    gateway,
    key: gatewayKey(gateway),
    configurationExists: configuration !== undefined,
    egressIpPrefix,
    warning:
      configuration === undefined || egressIpPrefix !== undefined
        ? undefined
        : await newestWarning(mesh, gateway),
    enabled,
    ready: observed?.ready ?? false,
  };
}

async function newestWarning(
  mesh: Mesh,
  gateway: ConfiguredGateway,
): Promise<ObjectEvent | undefined> {
  const { namespace, name } = gateway;
  const events = await mesh.events({ kind: "StaticGatewayConfiguration", namespace, name });
  return events.findLast(({ type }) => type === "Warning");
}

/** When each gateway that only waits to be enabled was first seen with its prefix. Epoch milliseconds, by key. */
export function readySince(
  gateways: readonly GatewayState[],
  before: Readonly<Record<string, number>>,
  now: number,
): Record<string, number> {
  return Object.fromEntries(
    gateways
      .filter(({ egressIpPrefix, enabled }) => egressIpPrefix !== undefined && !enabled)
      .map(({ key }) => [key, before[key] ?? now]),
  );
}
