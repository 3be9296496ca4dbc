import { parseDocument } from "yaml";
import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { type LogFormat, parseFormat } from "#src/domain/evidence/log/log-format.ts";
import type { GatewayFacts } from "#src/domain/grant.ts";
import { isRecord } from "#src/domain/json.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/mesh.ts";

/** Where the add-on's control plane lives; its root namespace too. https://learn.microsoft.com/azure/aks/istio-about */
export const MESH_NAMESPACE = "aks-istio-system";

/** AKS binds a gateway's pods to their StaticGatewayConfiguration with this annotation. */
const CONFIGURATION_ANNOTATION = "kubernetes.azure.com/static-gateway-configuration";

export interface ObservedGateway {
  readonly facts: GatewayFacts;
  /** At least one pod is available. */
  readonly ready: boolean;
  /** Mesh revisions it has a Deployment of, like `asm-1-28`; sorted. */
  readonly revisions: readonly string[];
}

/** Reads one gateway after another. */
export type GatewayReader = (gateway: ConfiguredGateway) => Promise<ObservedGateway | undefined>;

/**
 * For one run: what several gateways share is read once. A gateway's facts are read off its Deployments
 * (`<name>-<revision>`, one per mesh revision) and Service. Undefined while either is missing, or the mesh configuration
 * cannot be read. The `istio` label is read, not assumed: the add-on's chart derives it from the name in its own way.
 */
export function gatewayReader(mesh: Mesh, cluster: Cluster): GatewayReader {
  const deploymentsIn = new Map<string, Promise<readonly KubernetesObject[]>>();
  let trusted: Promise<string | undefined> | undefined;
  return async ({ name, namespace }) => {
    const service = await mesh.get({ kind: "Service", namespace, name });
    if (service === undefined) return undefined;
    const listed = deploymentsIn.get(namespace) ?? mesh.list("Deployment", { namespace });
    deploymentsIn.set(namespace, listed);
    const deployments = (await listed).filter(({ metadata }) =>
      metadata.name.startsWith(`${name}-asm-`),
    );
    const [deployment] = deployments;
    const label = deployment?.metadata.labels?.["istio"];
    const serviceAccount = deployment === undefined ? undefined : serviceAccountOf(deployment);
    if (label === undefined || serviceAccount === undefined) return undefined;
    trusted ??= trustDomain(mesh, cluster);
    const domain = await trusted;
    if (domain === undefined) return undefined;
    return {
      facts: {
        ref: { name, namespace },
        selector: { istio: label },
        serviceAccount,
        serviceHost: `${name}.${namespace}.svc.${cluster.domain}`,
        trustDomain: domain,
      },
      ready: deployments.some(isAvailable),
      revisions: deployments.map(({ metadata }) => metadata.name.slice(name.length + 1)).toSorted(),
    };
  };
}

export interface GatewayPod {
  readonly name: string;
  readonly ip: string;
  /** The StaticGatewayConfiguration the pod is bound to. */
  readonly boundTo: string | undefined;
}

/** The gateway's pods that have an address, of every revision. */
export async function gatewayPods(mesh: Mesh, facts: GatewayFacts): Promise<readonly GatewayPod[]> {
  const pods = await mesh.list("Pod", { namespace: facts.ref.namespace, labels: facts.selector });
  return pods.flatMap((pod) => {
    const ip = pod.status?.["podIP"];
    return typeof ip === "string"
      ? [
          {
            name: pod.metadata.name,
            ip,
            boundTo: pod.metadata.annotations?.[CONFIGURATION_ANNOTATION],
          },
        ]
      : [];
  });
}

/** `REGISTRY_ONLY`, `ALLOW_ANY`, or unknown where no mesh configuration can be read. */
export type MeshMode = "REGISTRY_ONLY" | "ALLOW_ANY" | "unknown";

/**
 * What the add-on's own and the users' shared mesh configuration say; a user's value stands unless the add-on sets it.
 * Of several revisions the one that lets most out: pods of any may run in a namespace.
 */
export async function observeMeshMode(mesh: Mesh): Promise<MeshMode> {
  const modes = (await meshRevisions(mesh)).map(modeOf);
  if (modes.includes("ALLOW_ANY")) return "ALLOW_ANY";
  return modes.length === 0 || modes.includes("unknown") ? "unknown" : "REGISTRY_ONLY";
}

/** The formats that proxies of any revision write their access log in; Istio's own where no configuration can be read. */
export async function observeLogFormats(mesh: Pick<Mesh, "list">): Promise<readonly LogFormat[]> {
  const revisions = await meshRevisions(mesh);
  const configured = revisions.map((configs) =>
    parseFormat(firstText(configs, "accessLogFormat"), firstText(configs, "accessLogEncoding")),
  );
  return configured.length === 0 ? [parseFormat(undefined, undefined)] : configured;
}

function firstText(configs: readonly (MeshConfig | undefined)[], name: string): string | undefined {
  const value = configs.find((config) => config?.[name] !== undefined)?.[name];
  return typeof value === "string" ? value : undefined;
}

function modeOf(configs: readonly (MeshConfig | undefined)[]): MeshMode {
  for (const config of configs) {
    if (config === undefined) return "unknown";
    const policy = config["outboundTrafficPolicy"];
    if (!isRecord(policy)) continue;
    if (policy["mode"] === "REGISTRY_ONLY" || policy["mode"] === "ALLOW_ANY") return policy["mode"];
  }
  // Istio's default: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
  return "ALLOW_ANY";
}

/** Undefined where a map that may set it is not readable: the control plane keeps what it read before. */
async function trustDomain(mesh: Mesh, cluster: Cluster): Promise<string | undefined> {
  for (const config of (await meshRevisions(mesh)).flat()) {
    if (config === undefined) return undefined;
    if (typeof config["trustDomain"] === "string") return config["trustDomain"];
  }
  return cluster.domain;
}

type MeshConfig = Readonly<Record<string, unknown>>;

/**
 * Of each revision, `istio-<revision>` first (managed values win on conflict), then `istio-shared-configmap-<revision>`;
 * undefined for one that is no YAML: people edit the shared one.
 */
async function meshRevisions(
  mesh: Pick<Mesh, "list">,
): Promise<readonly (readonly (MeshConfig | undefined)[])[]> {
  const maps = await mesh.list("ConfigMap", { namespace: MESH_NAMESPACE });
  const managed = configsOf(maps, "istio-asm-");
  const shared = configsOf(maps, "istio-shared-configmap-asm-");
  // A shared map may be there before its revision is: it counts only where nothing is known of any revision.
  if (managed.size === 0) return [...shared.values()].map((config) => [config]);
  return [...managed].map(([revision, config]) =>
    shared.has(revision) ? [config, shared.get(revision)] : [config],
  );
}

/** By revision. */
function configsOf(
  maps: readonly KubernetesObject[],
  prefix: string,
): ReadonlyMap<string, MeshConfig | undefined> {
  return new Map(
    maps
      .filter(({ metadata }) => metadata.name.startsWith(prefix))
      .map(({ metadata, data }) => [
        metadata.name.slice(prefix.length),
        readConfig(data?.["mesh"]),
      ]),
  );
}

function readConfig(text = ""): MeshConfig | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const config: unknown = document.toJS();
  return isRecord(config) ? config : {};
}

function serviceAccountOf(deployment: KubernetesObject): string | undefined {
  const template = deployment.spec?.["template"];
  const spec = isRecord(template) ? template["spec"] : undefined;
  const name = isRecord(spec) ? spec["serviceAccountName"] : undefined;
  return typeof name === "string" ? name : undefined;
}

function isAvailable(deployment: KubernetesObject): boolean {
  const available = deployment.status?.["availableReplicas"];
  return typeof available === "number" && available > 0;
}
