import type { z } from "zod";
import type { ClusterAddress } from "#src/ports/cluster/clusters.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { ArmClient } from "./arm-client.ts";
import { readJson, readPages } from "./pages.ts";
import { type ManagedCluster, VirtualNetwork, VirtualNetworkPage } from "./schema.ts";

/** https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks */
const API_VERSION = "2024-05-01";
const SUBNET = /^(?<network>\/.+\/virtualNetworks\/[^/]+)\/subnets\/[^/]+$/i;

/** IPv4 prefixes of the networks the cluster's nodes live in, sorted. */
export async function networkRanges(
  arm: ArmClient,
  address: ClusterAddress,
  cluster: ManagedCluster,
): Promise<readonly string[]> {
  const doing = `reading the virtual networks of managed cluster ${address.name}`;
  const subnets = (cluster.properties.agentPoolProfiles ?? []).flatMap(({ vnetSubnetID }) =>
    vnetSubnetID === null || vnetSubnetID === undefined ? [] : [vnetSubnetID],
  );
  const networks =
    subnets.length > 0
      ? await Promise.all(networksOf(doing, subnets).map((id) => readNetwork(arm, doing, id)))
      : await listNetworks(arm, doing, nodeGroup(doing, address, cluster));
  const prefixes = networks.flatMap(({ properties }) => properties.addressSpace.addressPrefixes);
  return [...new Set(prefixes.filter((prefix) => !prefix.includes(":")))].toSorted();
}

/** Ids of the networks the subnets are in, each once; case does not tell ids apart. */
function networksOf(doing: string, subnets: readonly string[]): string[] {
  const networks = new Map<string, string>();
  for (const subnet of subnets) {
    const network = SUBNET.exec(subnet)?.groups?.["network"];
    if (network === undefined)
      throw new FatalError("BadAnswer", doing, { cause: new Error(`no subnet id: ${subnet}`) });
    networks.set(network.toLowerCase(), network);
  }
  return [...networks.values()];
}

function nodeGroup(doing: string, address: ClusterAddress, cluster: ManagedCluster): string {
  const group = cluster.properties.nodeResourceGroup;
  if (group === null || group === undefined)
    throw new FatalError("BadAnswer", doing, { cause: new Error("no node resource group") });
  const subscription = encodeURIComponent(address.subscriptionId);
  return `/subscriptions/${subscription}/resourceGroups/${encodeURIComponent(group)}`;
}

async function readNetwork(
  arm: ArmClient,
  doing: string,
  id: string,
): Promise<z.infer<typeof VirtualNetwork>> {
  return readJson(arm, { doing, url: `${id}?api-version=${API_VERSION}` }, VirtualNetwork);
}

async function listNetworks(
  arm: ArmClient,
  doing: string,
  group: string,
): Promise<readonly z.infer<typeof VirtualNetwork>[]> {
  const url = `${group}/providers/Microsoft.Network/virtualNetworks?api-version=${API_VERSION}`;
  const pages = await readPages(arm, { doing, url }, VirtualNetworkPage);
  return pages.flatMap(({ value }) => value);
}
