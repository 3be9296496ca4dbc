import type { EgressGatewayEntry, ManagedClusterChange } from "#src/ports/clusters.ts";
import { DEFAULT_EGRESS_NAMESPACE } from "./facts.ts";

/** A JSON object as Azure gave it. */
export type RawObject = Readonly<Record<string, unknown>>;

/**
 * What only Azure writes. https://learn.microsoft.com/rest/api/aks/managed-clusters/create-or-update
 * lists what a request may hold; what neither list knows is sent as read.
 */
const READ_ONLY = ["id", "name", "type", "systemData", "eTag"];
const READ_ONLY_PROPERTIES = [
  "provisioningState",
  "powerState",
  "maxAgentPools",
  "currentKubernetesVersion",
  "fqdn",
  "privateFQDN",
  "azurePortalFQDN",
  "resourceUID",
  "status",
];

/**
 * What a PUT must not carry of a pool. `nodeImageVersion` would roll a pool back to that image
 * (https://learn.microsoft.com/azure/aks/roll-back-node-pool-version), `powerState` would start or stop it;
 * an eTag in the body would be compared with the pool's, which changes for reasons of its own.
 */
const NOT_SENT_OF_POOLS = [
  "nodeImageVersion",
  "provisioningState",
  "eTag",
  "powerState",
  "currentOrchestratorVersion",
  "status",
  "virtualMachineNodesStatus",
];

/**
 * The body of a PUT: the managed cluster as read, with the change in it. A PUT replaces arrays whole, so lists are
 * sent complete: other gateways stay, in their order, and nothing else is touched.
 */
export function mergeChange(raw: RawObject, change: ManagedClusterChange): RawObject {
  const properties = without(objectIn(raw, "properties"), READ_ONLY_PROPERTIES);
  return {
    ...without(raw, READ_ONLY),
    ...withIdentity(raw),
    properties: {
      ...properties,
      ...withPools(properties),
      ...withNetwork(properties, change.staticEgress ?? false),
      ...withGateways(properties, change.egressGateways ?? []),
    },
  };
}

function withPools(properties: RawObject): RawObject {
  const pools = properties["agentPoolProfiles"];
  if (!Array.isArray(pools)) return {};
  return {
    agentPoolProfiles: pools.map((pool) =>
      isObject(pool) ? without(pool, NOT_SENT_OF_POOLS) : pool,
    ),
  };
}

/** Of the cluster's own identity, Azure assigns these two. */
function withIdentity(raw: RawObject): RawObject {
  const identity = raw["identity"];
  return isObject(identity) ? { identity: without(identity, ["principalId", "tenantId"]) } : {};
}

function without(from: RawObject, keys: readonly string[]): RawObject {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));
}

function withNetwork(properties: RawObject, staticEgress: boolean): RawObject {
  const network = objectIn(properties, "networkProfile");
  const profile = objectIn(network, "staticEgressGatewayProfile");
  const sent = {
    ...network,
    ...withoutOutboundIps(network, "loadBalancerProfile"),
    ...withoutOutboundIps(network, "natGatewayProfile"),
    ...(staticEgress ? { staticEgressGatewayProfile: { ...profile, enabled: true } } : {}),
  };
  return Object.keys(sent).length === 0 ? {} : { networkProfile: sent };
}

/** The addresses Azure gave the cluster's ordinary way out, which only Azure writes. */
function withoutOutboundIps(network: RawObject, key: string): RawObject {
  const profile = network[key];
  return isObject(profile) ? { [key]: without(profile, ["effectiveOutboundIPs"]) } : {};
}

function withGateways(properties: RawObject, entries: readonly EgressGatewayEntry[]): RawObject {
  const mesh = objectIn(properties, "serviceMeshProfile");
  const istio = objectIn(mesh, "istio");
  const components = objectIn(istio, "components");
  const existing = objectsIn(components, "egressGateways");
  if (existing.length === 0 && entries.length === 0) return {};
  const egressGateways = [
    ...existing.map((gateway) => mergeGateway(gateway, entries)),
    ...entries
      .filter((entry) => !existing.some((gateway) => isSame(gateway, entry)))
      .map((entry) => ({ ...entry })),
  ];
  return {
    serviceMeshProfile: {
      ...mesh,
      istio: { ...istio, components: { ...components, egressGateways } },
    },
  };
}

/** A gateway that is off comes without `enabled`, which a PUT requires. */
function mergeGateway(gateway: RawObject, entries: readonly EgressGatewayEntry[]): RawObject {
  const entry = entries.find((candidate) => isSame(gateway, candidate));
  return { ...gateway, enabled: gateway["enabled"] === true, ...entry };
}

function isSame(gateway: RawObject, entry: EgressGatewayEntry): boolean {
  const namespace = gateway["namespace"] ?? DEFAULT_EGRESS_NAMESPACE;
  return gateway["name"] === entry.name && namespace === entry.namespace;
}

function objectIn(parent: RawObject, key: string): RawObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

function objectsIn(parent: RawObject, key: string): readonly RawObject[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
