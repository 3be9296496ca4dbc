import { isRecord, type JsonRecord } from "#src/domain/json.ts";
import type { EgressGatewayEntry, ManagedClusterChange } from "#src/ports/cluster/clusters.ts";
import { DEFAULT_EGRESS_NAMESPACE } from "./facts.ts";

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
export function mergeChange(raw: JsonRecord, change: ManagedClusterChange): JsonRecord {
  const properties = without(objectIn(raw, "properties"), READ_ONLY_PROPERTIES);
  return {
    ...without(raw, READ_ONLY),
    ...withIdentity(raw),
    properties: {
      ...properties,
      ...withPools(properties),
      ...withNetwork(properties, change.staticEgress),
      ...withGateways(properties, change.egressGateways ?? []),
    },
  };
}

function withPools(properties: JsonRecord): JsonRecord {
  const pools = properties["agentPoolProfiles"];
  if (!Array.isArray(pools)) return {};
  return {
    agentPoolProfiles: pools.map((pool) =>
      isRecord(pool) ? without(pool, NOT_SENT_OF_POOLS) : pool,
    ),
  };
}

/** Of the cluster's own identity, Azure assigns these two. */
function withIdentity(raw: JsonRecord): JsonRecord {
  const identity = raw["identity"];
  return isRecord(identity) ? { identity: without(identity, ["principalId", "tenantId"]) } : {};
}

function without(from: JsonRecord, keys: readonly string[]): JsonRecord {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));
}

function withNetwork(properties: JsonRecord, staticEgress: boolean | undefined): JsonRecord {
  const network = objectIn(properties, "networkProfile");
  const profile = objectIn(network, "staticEgressGatewayProfile");
  const sent = {
    ...network,
    ...withoutOutboundIps(network, "loadBalancerProfile"),
    ...withoutOutboundIps(network, "natGatewayProfile"),
    ...(staticEgress === undefined
      ? {}
      : { staticEgressGatewayProfile: { ...profile, enabled: staticEgress } }),
  };
  return Object.keys(sent).length === 0 ? {} : { networkProfile: sent };
}

/** The addresses Azure gave the cluster's ordinary way out, which only Azure writes. */
function withoutOutboundIps(network: JsonRecord, key: string): JsonRecord {
  const profile = network[key];
  return isRecord(profile) ? { [key]: without(profile, ["effectiveOutboundIPs"]) } : {};
}

function withGateways(properties: JsonRecord, entries: readonly EgressGatewayEntry[]): JsonRecord {
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
function mergeGateway(gateway: JsonRecord, entries: readonly EgressGatewayEntry[]): JsonRecord {
  const entry = entries.find((candidate) => isSame(gateway, candidate));
  return { ...gateway, enabled: gateway["enabled"] === true, ...entry };
}

function isSame(gateway: JsonRecord, entry: EgressGatewayEntry): boolean {
  const namespace = gateway["namespace"] ?? DEFAULT_EGRESS_NAMESPACE;
  return gateway["name"] === entry.name && namespace === entry.namespace;
}

function objectIn(parent: JsonRecord, key: string): JsonRecord {
  const value = parent[key];
  return isRecord(value) ? value : {};
}

function objectsIn(parent: JsonRecord, key: string): readonly JsonRecord[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
