import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import type { ConfigFile } from "./schema.ts";

/** What a schema cannot say: names that refer to each other, and names that must be unique. With paths, all at once. */
export function crossReferenceProblems(file: ConfigFile): readonly string[] {
  return [
    ...duplicates(
      "clusters",
      file.clusters.map(({ name }) => name),
    ),
    ...duplicates(
      "teams",
      file.teams.map(({ name }) => name),
    ),
    ...duplicates(
      "approvals.rules",
      file.approvals.rules.map(({ name }) => name),
    ),
    ...duplicates(
      "clusters",
      file.clusters.map(({ subscriptionId, resourceGroup, resourceName }) =>
        `${subscriptionId}/${resourceGroup}/${resourceName}`.toLowerCase(),
      ),
    ),
    ...duplicates(
      "publicIpPrefixId",
      file.clusters.flatMap(({ gateways }) =>
        gateways.flatMap(({ publicIpPrefixId: id }) => id?.toLowerCase() ?? []),
      ),
    ),
    ...ruleProblems(file),
    ...file.clusters.flatMap(clusterProblems),
    ...file.teams.flatMap((team, index) => teamProblems(file, team, index)),
    ...(file.durations.default > file.durations.maximum
      ? ["durations.default: is longer than durations.maximum"]
      : []),
  ];
}

/** A rule about a team or a cluster that is not there would never match. */
function ruleProblems({ approvals, teams, clusters }: ConfigFile): readonly string[] {
  const known = {
    teams: teams.map(({ name }) => name),
    clusters: clusters.map(({ name }) => name),
  };
  return approvals.rules.flatMap(({ when }, index) =>
    (["teams", "clusters"] as const).flatMap((kind) =>
      (when[kind] ?? [])
        .filter((name) => !known[kind].includes(name))
        .map((name) => `approvals.rules[${index}].when.${kind}: "${name}" is not one of ${kind}`),
    ),
  );
}

/** Kubernetes', the mesh's and our own: no team lives there, and no gateway. */
const SYSTEM_NAMESPACES = [
  "kube-system",
  "kube-public",
  "kube-node-lease",
  ROOT_NAMESPACE,
  "sallyport-system",
];

function clusterProblems(
  cluster: ConfigFile["clusters"][number],
  index: number,
): readonly string[] {
  const path = `clusters[${index}]`;
  const pools = cluster.gatewayPools.map(({ name }) => name);
  return [
    ...duplicates(`${path}.gatewayPools`, pools),
    ...duplicates(
      `${path}.gateways`,
      cluster.gateways.map(({ namespace, name }) => `${namespace}/${name}`),
    ),
    ...cluster.gateways.flatMap(({ namespace }, at) =>
      systemProblem(`${path}.gateways[${at}].namespace`, namespace),
    ),
    ...cluster.gateways.flatMap(({ publicIpPrefixId: id }, at) =>
      id === undefined || id.startsWith(`/subscriptions/${cluster.subscriptionId}/`)
        ? []
        : [
            `${path}.gateways[${at}].publicIpPrefixId: must be in the cluster's subscription ${cluster.subscriptionId}, written the same`,
          ],
    ),
    ...cluster.gateways.flatMap(({ pool }, at) =>
      pools.includes(pool)
        ? []
        : [
            `${path}.gateways[${at}].pool: "${pool}" is not one of gatewayPools (${pools.join(", ")})`,
          ],
    ),
  ];
}

function teamProblems(
  file: ConfigFile,
  team: ConfigFile["teams"][number],
  index: number,
): readonly string[] {
  return team.placements.flatMap((placement, at) => {
    const path = `teams[${index}].placements[${at}]`;
    const cluster = file.clusters.find(({ name }) => name === placement.cluster);
    if (cluster === undefined)
      return [`${path}.cluster: "${placement.cluster}" is not one of clusters`];
    const gateways = cluster.gateways.map(({ namespace, name }) => `${namespace}/${name}`);
    const problems: string[] = [...systemProblem(`${path}.namespace`, placement.namespace)];
    if (!gateways.includes(placement.gateway)) {
      problems.push(
        `${path}.gateway: "${placement.gateway}" is not a gateway of ${cluster.name} (${gateways.join(", ")})`,
      );
    }
    if (cluster.gateways.some(({ namespace }) => namespace === placement.namespace)) {
      problems.push(
        `${path}.namespace: "${placement.namespace}" belongs to a gateway; teams cannot live in it`,
      );
    }
    return problems;
  });
}

function systemProblem(path: string, namespace: string): readonly string[] {
  return SYSTEM_NAMESPACES.includes(namespace)
    ? [`${path}: "${namespace}" is a namespace of the system`]
    : [];
}

function duplicates(path: string, names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map(
    (name) => `${path}: "${name}" appears more than once`,
  );
}
