import { type Answer, badRequest } from "./answers.ts";
import type { OperationFailure } from "./faults.ts";
import { type Json, isJson, objectAt, objectsAt, omit, pick, textOf } from "./json.ts";
import { type Conditions, unmetCondition } from "./preconditions.ts";
import { completePool } from "./seed.ts";
import { DEFAULT_NAMESPACE, clusterProblem } from "./validation.ts";
import { type StoredCluster, type World, poolsOf, publicView, runningWrite } from "./world.ts";
import { type Operation } from "./operations.ts";

/** One PUT as the routes hand it over. */
export interface Put {
  readonly body: unknown;
  readonly conditions: Conditions;
  readonly failure: OperationFailure | undefined;
  /** Of this server, for the operation's URL. */
  readonly origin: string;
}

const SERVER_OWNED = ["id", "name", "type", "eTag"];
const SERVER_OWNED_PROPERTIES = [
  "provisioningState",
  "powerState",
  "currentKubernetesVersion",
  "fqdn",
  "privateFQDN",
  "azurePortalFQDN",
  "resourceUID",
  "nodeResourceGroup",
  "maxAgentPools",
];
const SERVER_OWNED_OF_POOLS = [
  "provisioningState",
  "powerState",
  "currentOrchestratorVersion",
  "nodeImageVersion",
  "eTag",
];

export function getCluster(cluster: StoredCluster): Answer {
  return { status: 200, body: publicView(cluster.raw) };
}

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/create-or-update, for clusters that exist. */
export function putCluster(world: World, cluster: StoredCluster, put: Put): Answer {
  const { body, conditions, failure, origin } = put;
  if (!isJson(body) || !isJson(body["properties"]) || body["location"] === undefined)
    return badRequest("The request body needs location and properties.");
  const problem = missingPool(cluster, body) ?? clusterProblem(body, world.sgcExists);
  if (problem !== undefined) return badRequest(problem);
  const running = runningWrite(cluster);
  if (running !== undefined) return world.busy.next(running);
  const unmet = unmetCondition(conditions, textOf(cluster.raw["eTag"]));
  if (unmet !== undefined) return unmet;

  recordRollbacks(world, cluster, objectsAt(body, "properties", "agentPoolProfiles"));
  cluster.raw = requestedCluster(cluster, structuredClone(body));
  const operation = world.startClusterOperation(cluster, failure);
  return accepted(200, publicView(cluster.raw), operation, origin);
}

export function accepted(status: number, body: Json, operation: Operation, origin: string): Answer {
  const headers = { "azure-asyncoperation": operationUrl(operation, origin, "operations") };
  return { status, body, headers };
}

export function operationUrl(
  { subscriptionId, location, id }: Operation,
  origin: string,
  kind: "operations" | "operationresults",
): string {
  return `${origin}/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService/locations/${location}/${kind}/${id}?api-version=2025-03-01&t=638979&c=simulated&s=simulated&h=simulated`;
}

export function recordRollbacks(
  world: World,
  cluster: StoredCluster,
  pools: readonly Json[],
): void {
  for (const { name, nodeImageVersion } of pools) {
    if (typeof nodeImageVersion !== "string") continue;
    world.rollbacks.push({ cluster: cluster.name, pool: textOf(name), nodeImageVersion });
  }
}

/** Deletes by omission are refused: the real behaviour is not documented, and no client should rely on it. */
function missingPool(cluster: StoredCluster, body: Json): string | undefined {
  const sent = objectsAt(body, "properties", "agentPoolProfiles").map(({ name }) => name);
  const missing = poolsOf(cluster).find(({ name }) => !sent.includes(name));
  return missing && `Agent pool '${textOf(missing["name"])}' is missing from agentPoolProfiles.`;
}

/** What was sent takes the place of what was there, whole; only what the server owns stays. */
function requestedCluster(cluster: StoredCluster, body: Json): Json {
  const old = cluster.raw;
  const oldPools = poolsOf(cluster);
  const pools = objectsAt(body, "properties", "agentPoolProfiles").map((pool) => {
    const before = oldPools.find(({ name }) => name === pool["name"]);
    const requested = omit(pool, ...SERVER_OWNED_OF_POOLS);
    return {
      ...(before === undefined
        ? completePool(requested)
        : { ...requested, ...pick(before, ...SERVER_OWNED_OF_POOLS) }),
      provisioningState: before === undefined ? "Creating" : "Updating",
      nodeLabels: isJson(pool["nodeLabels"]) ? pool["nodeLabels"] : {},
    };
  });
  const path = ["serviceMeshProfile", "istio", "components", "egressGateways"];
  for (const gateway of objectsAt(body, "properties", ...path))
    gateway["namespace"] ??= DEFAULT_NAMESPACE;
  return {
    ...body,
    ...pick(old, ...SERVER_OWNED),
    ...(isJson(body["identity"]) ? { identity: withPrincipal(body["identity"], old) } : {}),
    properties: {
      ...objectAt(body, "properties"),
      ...pick(objectAt(old, "properties"), ...SERVER_OWNED_PROPERTIES),
      agentPoolProfiles: pools,
      provisioningState: "Updating",
    },
  };
}

/** Who a cluster's own identity is, clients only read. */
function withPrincipal(identity: Json, old: Json): Json {
  return { ...identity, ...pick(objectAt(old, "identity"), "principalId", "tenantId") };
}
