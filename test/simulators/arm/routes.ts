import { deletePool, getPool, listPools, putPool } from "./agent-pools.ts";
import { type Answer, badRequest, notFound, refusal } from "./answers.ts";
import { same } from "./json.ts";
import { type Put, getCluster, putCluster } from "./managed-clusters.ts";
import { getNetwork, listNetworks } from "./networks.ts";
import { getMeshRevisions, listMeshRevisions } from "./subscription/mesh-revisions.ts";
import { getSubscription, listSubscriptions } from "./subscription/subscriptions.ts";
import { listUsages } from "./subscription/usages.ts";
import { listUserCredential } from "./user-credential.ts";
import type { StoredCluster, World } from "./world.ts";

export interface ArmRequest extends Put {
  readonly method: string;
  readonly url: URL;
  /** Whose subscriptions these are. */
  readonly tenantId: string;
}

const CLUSTER =
  /^\/subscriptions\/(?<sub>[^/]+)\/resourcegroups\/(?<group>[^/]+)\/providers\/microsoft\.containerservice\/managedclusters\/(?<cluster>[^/]+)(?:\/(?<child>[^/]+)(?:\/(?<name>[^/]+))?)?$/i;
const NETWORKS =
  /^\/subscriptions\/(?<sub>[^/]+)\/resourcegroups\/(?<group>[^/]+)\/providers\/microsoft\.network\/virtualnetworks(?:\/(?<name>[^/]+))?$/i;
const SUBSCRIPTION = /^\/subscriptions(?:\/(?<sub>[^/]+))?$/i;
const MESH_REVISIONS =
  /^\/subscriptions\/(?<sub>[^/]+)\/providers\/microsoft\.containerservice\/locations\/(?<location>[^/]+)\/meshrevisionprofiles(?:\/(?<mode>[^/]+))?$/i;
const USAGES =
  /^\/subscriptions\/(?<sub>[^/]+)\/providers\/microsoft\.network\/locations\/(?<location>[^/]+)\/usages$/i;
const OPERATION =
  /^\/subscriptions\/[^/]+\/providers\/microsoft\.containerservice\/locations\/[^/]+\/(?<kind>operations|operationresults)\/(?<id>[^/]+)$/i;

/** Azure Resource Manager: paths and names without regard to case. */
export function answerArm(world: World, request: ArmRequest): Answer {
  const { method, url } = request;
  if (!url.searchParams.has("api-version")) {
    const message = "The api-version query parameter (?api-version=) is required for all requests.";
    return refusal(400, { code: "MissingApiVersionParameter", message });
  }
  const path = decodeURIComponent(url.pathname);
  const cluster = CLUSTER.exec(path)?.groups;
  if (cluster !== undefined) return answerCluster(world, cluster, request);
  const read = method === "GET" ? answerRead(world, path, request) : undefined;
  return (
    read ??
    refusal(404, {
      code: "InvalidResourceType",
      message: `The simulator has no route for ${method} ${path}.`,
    })
  );
}

/** What can only be read. */
function answerRead(world: World, path: string, { url, tenantId }: ArmRequest): Answer | undefined {
  const operation = OPERATION.exec(path)?.groups;
  if (operation !== undefined) return answerOperation(world, operation, url);
  const network = NETWORKS.exec(path)?.groups;
  if (network !== undefined) return answerNetworks(world, network);
  const inLocation = answerLocation(world, path);
  if (inLocation !== undefined) return inLocation;
  const subscription = SUBSCRIPTION.exec(path);
  if (subscription === null) return undefined;
  const { sub } = subscription.groups ?? {};
  return sub === undefined
    ? listSubscriptions(world, tenantId)
    : getSubscription(world, tenantId, sub);
}

type Groups = Readonly<Record<string, string | undefined>>;

function answerOperation(world: World, { kind, id = "" }: Groups, url: URL): Answer {
  return same(kind, "operations")
    ? world.operations.read(id)
    : world.operations.readResult(id, url);
}

function answerNetworks(world: World, { sub = "", group = "", name }: Groups): Answer {
  const within = { subscriptionId: sub, resourceGroup: group };
  return name === undefined ? listNetworks(world, within) : getNetwork(world, within, name);
}

/** What is the same in a whole location. */
function answerLocation(world: World, path: string): Answer | undefined {
  const {
    sub = "",
    location = "",
    mode,
  } = (USAGES.exec(path) ?? MESH_REVISIONS.exec(path))?.groups ?? {};
  const at = { subscriptionId: sub, location };
  if (location === "") return undefined;
  if (USAGES.test(path)) return listUsages(world, at);
  return mode === undefined ? listMeshRevisions(at) : getMeshRevisions(at, mode);
}

function answerCluster(world: World, groups: Groups, request: ArmRequest): Answer {
  const { sub, group = "", cluster: name = "", child } = groups;
  const cluster = world.clusters.find(
    (each) =>
      same(each.subscriptionId, sub) && same(each.resourceGroup, group) && same(each.name, name),
  );
  if (cluster === undefined)
    return request.method === "PUT"
      ? badRequest("The simulator does not create managed clusters; add them first.")
      : notFound("Microsoft.ContainerService/managedClusters", name, group);
  const key = `${request.method} ${child?.toLowerCase() ?? ""}`;
  if (key === "GET ") return getCluster(cluster);
  if (key === "PUT ") return putCluster(world, cluster, request);
  if (key === "POST listclusterusercredential") return listUserCredential(cluster);
  return answerPools(world, cluster, { key, name: groups["name"], request });
}

interface PoolCall {
  readonly key: string;
  readonly name: string | undefined;
  readonly request: ArmRequest;
}

function answerPools(
  world: World,
  cluster: StoredCluster,
  { key, name, request }: PoolCall,
): Answer {
  if (key === "GET agentpools")
    return name === undefined ? listPools(cluster, request.url) : getPool(cluster, name);
  if (key === "PUT agentpools" && name !== undefined) return putPool(world, cluster, name, request);
  if (key === "DELETE agentpools" && name !== undefined)
    return deletePool(world, cluster, name, request);
  return refusal(405, {
    code: "MethodNotAllowed",
    message: `The simulator has no route for ${key} ${name ?? ""}.`,
  });
}
