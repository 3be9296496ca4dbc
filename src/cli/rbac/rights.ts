import { readFileSync } from "node:fs";
import { Document, parseAllDocuments, visit } from "yaml";
import { PROBE_SCRIPT, PROBE_SECONDS } from "#src/adapters/kubernetes/prober.ts";
import type { Config } from "#src/config/config.ts";
import { type Cluster, namespacesIn } from "#src/domain/directory.ts";
import { toCel } from "#src/domain/kubernetes/cel-text.ts";
import { ownLabels } from "#src/domain/kubernetes-object.ts";

const FOLDER = new URL("../../../deploy/kubernetes/", import.meta.url);

/** What the files under deploy/kubernetes stand for: the cluster of deploy/sallyport.yaml, and this worker. */
const EXAMPLE = {
  worker: "00000000-0000-0000-0000-000000000000",
  systemNamespace: "sallyport-system",
} as const;

const POLICIES = [
  "writers",
  "fence-pods",
  "fence-namespaces",
  "fence-mesh",
  "fence-autoscalers",
  "fence-mesh-config",
  "fence-resources",
];

export interface Installed {
  readonly config: Pick<Config, "instance" | "systemNamespace" | "directory" | "probe" | "timing">;
  readonly cluster: Cluster;
  /** How the API server calls the worker's identity. */
  readonly worker: string;
}

/**
 * All that an administrator applies in a cluster beside the custom resources: roles, the gateways' namespaces, bindings,
 * and the policies that fence the worker, in this order.
 */
export function rightsOf(installed: Installed): readonly Document[] {
  return [
    ...filled("roles.yaml", installed),
    ...namespaceDocuments(installed),
    ...POLICIES.flatMap((name) => filled(`${name}.yaml`, installed)),
  ];
}

/** A file with the installation's values in place of the example's. */
function filled(file: string, installed: Installed): readonly Document[] {
  const { worker, config } = installed;
  const values = policyValues(installed);
  return parseAllDocuments(readFileSync(new URL(file, FOLDER), "utf8")).map((document) => {
    visit(document, {
      Map(_, map) {
        const name = map.get("name");
        const value = typeof name === "string" ? values.get(name) : undefined;
        if (value !== undefined && map.has("expression")) map.set("expression", value);
      },
      Scalar(_, scalar) {
        if (typeof scalar.value !== "string") return;
        scalar.value = scalar.value
          .replaceAll(EXAMPLE.worker, worker)
          .replaceAll(EXAMPLE.systemNamespace, config.systemNamespace);
      },
    });
    return document;
  });
}

/** The policies' variables that differ from one installation to another. */
function policyValues({ config, cluster }: Installed): ReadonlyMap<string, string> {
  const gateways = gatewayNamespaces(cluster);
  const services = gateways.map((namespace) => `.${namespace}.svc.${cluster.domain}`);
  const retrySeconds = Math.ceil(config.timing.probeRetryMs / 1000);
  return new Map([
    ["instance", toCel(config.instance)],
    ["teamNamespaces", toCel(teamNamespaces({ config, cluster }))],
    ["gatewayNamespaces", toCel(gateways)],
    ["gatewayServices", toCel(services)],
    ["image", toCel(config.probe.image)],
    ["longest", String(PROBE_SECONDS + retrySeconds)],
    ["script", `r"""${PROBE_SCRIPT}"""`],
  ]);
}

function namespaceDocuments(installed: Installed): readonly Document[] {
  const { config, cluster } = installed;
  const gateways = gatewayNamespaces(cluster);
  return [
    ...gateways.map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: ownLabels(config.instance) },
    })),
    ...gateways.map((name) => binding(name, "sallyport-worker-gateway", installed)),
    ...teamNamespaces(installed).map((name) => binding(name, "sallyport-worker-team", installed)),
  ].map((object) => new Document(object));
}

function binding(namespace: string, role: string, { worker }: Installed): object {
  const apiGroup = "rbac.authorization.k8s.io";
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: "RoleBinding",
    metadata: { name: "sallyport-worker", namespace },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ kind: "User", apiGroup, name: worker }],
  };
}

export function gatewayNamespaces({ gateways }: Cluster): readonly string[] {
  return unique(gateways.map(({ namespace }) => namespace));
}

export function teamNamespaces({
  config,
  cluster,
}: {
  readonly config: Pick<Config, "directory">;
  readonly cluster: Pick<Cluster, "name">;
}): readonly string[] {
  return namespacesIn(config.directory, cluster.name);
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
