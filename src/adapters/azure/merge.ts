import type { EgressGatewayEntry, ManagedClusterChange } from "#src/ports/clusters.ts";
import { DEFAULT_EGRESS_NAMESPACE } from "./facts.ts";

/** A JSON object as Azure gave it. */
export type RawObject = Readonly<Record<string, unknown>>;

/**
 * What a PUT must not carry. `nodeImageVersion` would roll a pool back to that image
 * (https://learn.microsoft.com/azure/aks/roll-back-node-pool-version), `powerState` would start or stop it;
 * an eTag in the body would be compared with the pool's, which changes for reasons of its own.
 */
const NOT_SENT_OF_POOLS = ["nodeImageVersion", "provisioningState", "eTag", "powerState"];

/**
 * The body of a PUT: the managed cluster as read, with the change in it. A PUT replaces arrays whole, so lists are
 * sent complete: other gateways stay, in their order, and nothing else is touched.
 */
export function mergeChange(raw: RawObject, change: ManagedClusterChange): RawObject {
  const { eTag: _, ...cluster } = raw;
  const { provisioningState: __, ...properties } = objectIn(raw, "properties");
  return {
    ...cluster,
    properties: {
      ...properties,
      ...withPools(properties),
      ...(change.staticEgress === undefined ? {} : withStaticEgress(properties)),
      ...withGateways(properties, change.egressGateways ?? []),
    },
  };
}

function withPools(properties: RawObject): RawObject {
  const pools = properties["agentPoolProfiles"];
  if (!Array.isArray(pools)) return {};
  return { agentPoolProfiles: pools.map((pool) => (isObject(pool) ? sendable(pool) : pool)) };
}

function sendable(pool: RawObject): RawObject {
  return Object.fromEntries(
    Object.entries(pool).filter(([key]) => !NOT_SENT_OF_POOLS.includes(key)),
  );
}

function withStaticEgress(properties: RawObject): RawObject {
  const network = objectIn(properties, "networkProfile");
  const profile = objectIn(network, "staticEgressGatewayProfile");
  return {
    networkProfile: { ...network, staticEgressGatewayProfile: { ...profile, enabled: true } },
  };
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
