import {
  type Cluster,
  type ConfiguredGateway,
  gatewayConfigurationRef,
} from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type KubernetesObject, madeAt } from "#src/domain/kubernetes-object.ts";
import type { GatewayState, ManagedClusterFacts } from "#src/domain/plan/azure/infrastructure.ts";
import {
  findConfiguration,
  isEnabled,
  type ObservedInfrastructure,
} from "#src/domain/plan/azure/infrastructure-steps.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh, ObjectEvent } from "#src/ports/cluster/mesh.ts";
import { addressOf } from "../cluster-address.ts";
import type { LanePorts } from "../../lane-ports.ts";
import { liveNamespaces } from "../live-namespaces.ts";
import { observeNoPod } from "./observe-no-pod.ts";
import type { GatewayReader, ObservedGateway } from "./observe-gateway.ts";

type Configurations = Pick<
  ObservedInfrastructure,
  "gatewayConfigurations" | "configurationsServed"
>;

/** What is read of one gateway in the cluster, without asking Azure. */
export interface GatewayLook extends Omit<GatewayState, "enabled" | "ready"> {
  readonly observed: ObservedGateway | undefined;
}

/** All reads of one cluster's infrastructure: at planning, at admission and at every tick somebody waits. */
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
    namespaces: [...liveNamespaces(namespaces).keys()],
    ...(await observeConfigurations(mesh)),
  };
}

/** Every StaticGatewayConfiguration; none where the cluster does not serve them. */
export async function observeConfigurations(mesh: Mesh): Promise<Configurations> {
  try {
    const { objects } = await mesh.listVersioned("StaticGatewayConfiguration");
    return { gatewayConfigurations: objects, configurationsServed: true };
  } catch (error) {
    if (!(error instanceof FatalError) || error.code !== "KindNotServed") throw error;
    return { gatewayConfigurations: [], configurationsServed: false };
  }
}

export async function lookAtGateway(
  mesh: Mesh,
  { gateway, read }: { readonly gateway: ConfiguredGateway; readonly read: GatewayReader },
  configurations: Configurations,
): Promise<GatewayLook> {
  const configuration = findConfiguration(gateway, configurations);
  const egressIpPrefix = egressIpPrefixOf(configuration);
  const observed = await read(gateway);
  const isWaiting = configuration !== undefined && egressIpPrefix === undefined;
  return {
    gateway,
    key: gatewayKey(gateway),
    configurationSince: configuration === undefined ? undefined : madeAt(configuration),
    egressIpPrefix,
    warning: isWaiting ? await newestWarning(mesh, gateway) : undefined,
    keepsPods: await observeNoPod(mesh, gateway, observed),
    observed,
  };
}

/** What the status of a StaticGatewayConfiguration or an EgressGateway says; undefined until it has one. */
export function egressIpPrefixOf(configuration: KubernetesObject | undefined): string | undefined {
  const prefix = configuration?.status?.["egressIpPrefix"];
  return typeof prefix === "string" && prefix !== "" ? prefix : undefined;
}

export function stateOf(look: GatewayLook, azure: ManagedClusterFacts): GatewayState {
  const { observed, ...rest } = look;
  const enabled = isEnabled(look.gateway, azure);
  return { ...rest, enabled, ready: enabled && observed?.ready === true };
}

/** What was last said of a gateway's StaticGatewayConfiguration that keeps it from being made, or from going. */
export async function newestWarning(
  mesh: Mesh,
  gateway: ConfiguredGateway,
): Promise<ObjectEvent | undefined> {
  const events = await mesh.events(gatewayConfigurationRef(gateway));
  return events.findLast(({ type }) => type === "Warning");
}
