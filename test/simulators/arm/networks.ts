import { type Answer, notFound } from "./answers.ts";
import { type Json, objectAt, same, textOf } from "./json.ts";
import { type VirtualNetwork, type World, poolsOf } from "./world.ts";

/** What AKS gives the network it makes. https://learn.microsoft.com/azure/aks/concepts-network-cni-overview */
const DEFAULT_PREFIX = "10.224.0.0/12";

export interface Group {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

/** https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/list */
export function listNetworks(world: World, group: Group): Answer {
  return { status: 200, body: { value: networksIn(world, group).map(resource) } };
}

export function getNetwork(world: World, group: Group, name: string): Answer {
  const network = networksIn(world, group).find((each) => same(each.name, name));
  return network === undefined
    ? notFound("Microsoft.Network/virtualNetworks", name, group.resourceGroup)
    : { status: 200, body: resource(network) };
}

function networksIn(world: World, { subscriptionId, resourceGroup }: Group): VirtualNetwork[] {
  return [...world.networks, ...managedNetworks(world)].filter(
    (network) =>
      same(network.subscriptionId, subscriptionId) && same(network.resourceGroup, resourceGroup),
  );
}

/** In the node resource group of every cluster whose pools name no subnet of their own. */
function managedNetworks(world: World): VirtualNetwork[] {
  return world.clusters
    .filter((cluster) => poolsOf(cluster).every((pool) => pool["vnetSubnetID"] === undefined))
    .map(({ subscriptionId, raw }) => ({
      subscriptionId,
      resourceGroup: textOf(objectAt(raw, "properties")["nodeResourceGroup"]),
      name: "aks-vnet-10224000",
      prefixes: [DEFAULT_PREFIX],
    }))
    .filter(
      (managed) => !world.networks.some((own) => same(own.resourceGroup, managed.resourceGroup)),
    );
}

function resource({ subscriptionId, resourceGroup, name, prefixes }: VirtualNetwork): Json {
  return {
    name,
    id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/virtualNetworks/${name}`,
    type: "Microsoft.Network/virtualNetworks",
    properties: {
      provisioningState: "Succeeded",
      addressSpace: { addressPrefixes: [...prefixes] },
      subnets: [],
    },
  };
}
