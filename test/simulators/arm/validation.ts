import { type Json, objectAt, objectsAt, textOf } from "./json.ts";

export type SgcExists = (namespace: string, name: string) => boolean;

/** Where an egress gateway names no namespace. https://learn.microsoft.com/azure/aks/istio-deploy-egress */
export const DEFAULT_NAMESPACE = "aks-istio-egress";

const GATEWAY_NAME = /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/;
const POOL_NAME = /^[a-z][a-z0-9]{0,11}$/;
const MOST_GATEWAYS = 500;

/** Why AKS would not take this managed cluster; undefined where it would. The wording is ours, the rules are AKS's. */
export function clusterProblem(cluster: Json, sgcExists: SgcExists): string | undefined {
  const pools = objectsAt(cluster, "properties", "agentPoolProfiles");
  return (
    poolsProblem(pools) ??
    pools.map(poolProblem).find((problem) => problem !== undefined) ??
    gatewaysProblem(cluster, sgcExists)
  );
}

function poolsProblem(pools: readonly Json[]): string | undefined {
  if (pools.length === 0) return "agentPoolProfiles must not be empty.";
  const names = pools.map((pool) => pool["name"]);
  return new Set(names).size < names.length ? "Agent pool names must be unique." : undefined;
}

export function poolProblem(pool: Json): string | undefined {
  const name = textOf(pool["name"]);
  if (!POOL_NAME.test(name)) return `Agent pool name '${name}' is invalid.`;
  if (pool["mode"] !== "Gateway") {
    return pool["gatewayProfile"] === undefined || pool["gatewayProfile"] === null
      ? undefined
      : `Agent pool '${name}': gatewayProfile is only allowed in Gateway mode.`;
  }
  return gatewayPoolProblem(name, pool);
}

/** https://learn.microsoft.com/azure/aks/configure-static-egress-gateway#create-a-gateway-node-pool */
function gatewayPoolProblem(name: string, pool: Json): string | undefined {
  if ((pool["osType"] ?? "Linux") !== "Linux")
    return `Agent pool '${name}': osType must be Linux in Gateway mode.`;
  if (pool["enableAutoScaling"] === true)
    return `Agent pool '${name}': auto scaling is not allowed in Gateway mode.`;
  const size = Number(objectAt(pool, "gatewayProfile")["publicIPPrefixSize"] ?? 31);
  if (!Number.isInteger(size) || size < 28 || size > 31)
    return `Agent pool '${name}': publicIPPrefixSize must be between 28 and 31.`;
  return Number(pool["count"] ?? 1) > 2 ** (32 - size)
    ? `Agent pool '${name}': count exceeds the addresses of a /${size} prefix.`
    : undefined;
}

/** https://learn.microsoft.com/azure/aks/istio-deploy-egress */
function gatewaysProblem(cluster: Json, sgcExists: SgcExists): string | undefined {
  const mesh = objectAt(cluster, "properties", "serviceMeshProfile");
  const gateways = objectsAt(mesh, "istio", "components", "egressGateways");
  if (gateways.length > MOST_GATEWAYS) return `At most ${MOST_GATEWAYS} egress gateways.`;
  const keys = gateways.map(({ namespace, name }) =>
    JSON.stringify([namespace ?? DEFAULT_NAMESPACE, name]),
  );
  if (new Set(keys).size < keys.length) return "Egress gateways must be unique.";
  const badName = gateways.find(({ name }) => !GATEWAY_NAME.test(textOf(name)));
  if (badName !== undefined) return `Egress gateway name '${textOf(badName["name"])}' is invalid.`;
  const enabled = gateways.filter((gateway) => gateway["enabled"] === true);
  if (enabled.length === 0) return undefined;
  if (mesh["mode"] !== "Istio") return "Egress gateways need the service mesh mode Istio.";
  const { enabled: isOn } = objectAt(
    cluster,
    "properties",
    "networkProfile",
    "staticEgressGatewayProfile",
  );
  if (isOn !== true) return "Istio egress gateways need the static egress gateway feature.";
  return enabled.map((gateway) => configurationProblem(gateway, sgcExists)).find(Boolean);
}

function configurationProblem(gateway: Json, sgcExists: SgcExists): string | undefined {
  const name = textOf(gateway["name"]);
  const namespace = textOf(gateway["namespace"] ?? DEFAULT_NAMESPACE);
  const configuration = textOf(gateway["gatewayConfigurationName"]);
  if (configuration === "") return `Egress gateway '${name}' needs a gatewayConfigurationName.`;
  return sgcExists(namespace, configuration)
    ? undefined
    : `StaticGatewayConfiguration '${namespace}/${configuration}' of egress gateway '${name}' was not found.`;
}
