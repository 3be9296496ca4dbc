import { type Answer, badRequest, notFound } from "./answers.ts";
import { type Json, isJson, objectAt, omit, pick, same, textOf } from "./json.ts";
import { type Put, accepted, operationUrl, recordRollbacks } from "./managed-clusters.ts";
import { unmetCondition } from "./preconditions.ts";
import { completePool, gatewayTaint } from "./seed.ts";
import { poolProblem } from "./validation.ts";
import { type StoredCluster, type World, poolResource, poolsOf, runningWrite } from "./world.ts";

const TYPE = "Microsoft.ContainerService/managedClusters/agentPools";

export function getPool(cluster: StoredCluster, name: string): Answer {
  const pool = poolNamed(cluster, name);
  return pool === undefined
    ? notFound(TYPE, `${cluster.name}/${name}`, cluster.resourceGroup)
    : { status: 200, body: poolResource(cluster, pool) };
}

/** Always one full page and a link to an empty one, as AKS answers. */
export function listPools(cluster: StoredCluster, url: URL): Answer {
  if (url.searchParams.has("skipToken")) return { status: 200, body: { value: [] } };
  const next = new URL(url);
  next.searchParams.set("skipToken", "3419865");
  const value = poolsOf(cluster).map((pool) => poolResource(cluster, pool));
  return { status: 200, body: { value, nextLink: next.href } };
}

/** https://learn.microsoft.com/rest/api/aks/agent-pools/create-or-update */
export function putPool(world: World, cluster: StoredCluster, name: string, put: Put): Answer {
  const { body, conditions, failure, origin } = put;
  if (!isJson(body) || !isJson(body["properties"]))
    return badRequest("The request body needs properties.");
  const requested = { ...omit(objectAt(body, "properties"), "eTag", "provisioningState"), name };
  const problem = poolProblem(requested);
  if (problem !== undefined) return badRequest(problem);
  const running = runningWrite(cluster);
  if (running !== undefined) return world.busy.next(running);
  const before = poolNamed(cluster, name);
  const unmet = unmetCondition(conditions, before && textOf(before["eTag"]));
  if (unmet !== undefined) return unmet;

  recordRollbacks(world, cluster, [requested]);
  const pool = before ?? addPool(cluster, requested);
  Object.assign(pool, omit(requested, "nodeImageVersion", "name"), pick(pool, "vmSize"), {
    ...gatewayTaint(requested),
    provisioningState: before === undefined ? "Creating" : "Updating",
  });
  const operation = world.startPoolOperation(cluster, pool, failure);
  const status = before === undefined ? 201 : 200;
  return accepted(status, poolResource(cluster, pool), operation, origin);
}

/** 202 with both URLs to follow, 204 where there is none. https://learn.microsoft.com/rest/api/aks/agent-pools/delete */
export function deletePool(world: World, cluster: StoredCluster, name: string, put: Put): Answer {
  const pool = poolNamed(cluster, name);
  if (pool === undefined) return { status: 204 };
  const running = runningWrite(cluster);
  if (running !== undefined) return world.busy.next(running);
  const unmet = unmetCondition(put.conditions, textOf(pool["eTag"]));
  if (unmet !== undefined) return unmet;

  pool["provisioningState"] = "Deleting";
  const operation = world.startPoolDeletion(cluster, pool, put.failure);
  return {
    status: 202,
    headers: {
      "azure-asyncoperation": operationUrl(operation, put.origin, "operations"),
      location: operationUrl(operation, put.origin, "operationresults"),
    },
  };
}

function poolNamed(cluster: StoredCluster, name: string): Json | undefined {
  return poolsOf(cluster).find((pool) => same(pool["name"], name));
}

function addPool(cluster: StoredCluster, requested: Json): Json {
  const pool = completePool(omit(requested, "nodeImageVersion"));
  const properties = objectAt(cluster.raw, "properties");
  properties["agentPoolProfiles"] = [...poolsOf(cluster), pool];
  return pool;
}
