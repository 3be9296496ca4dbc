import { compareText } from "#src/domain/compare-text.ts";
import type { GatewayPod } from "#src/domain/evidence/right-source.ts";
import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { refusalOfPods } from "#src/domain/gateways/no-pod.ts";
import { type RevisionPods, revisionOf } from "#src/domain/gateways/seen-gateway.ts";
import type { GatewayFacts } from "#src/domain/grant.ts";
import { isRecord } from "#src/domain/json.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { LabelSelector } from "#src/domain/kubernetes/label-selector.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { trustDomain } from "../mesh/mesh-config.ts";

/** AKS binds a gateway's pods to their StaticGatewayConfiguration with this annotation. */
const CONFIGURATION_ANNOTATION = "kubernetes.azure.com/static-gateway-configuration";

export interface ObservedGateway {
  readonly facts: GatewayFacts;
  /** At least one pod is available. */
  readonly ready: boolean;
  /** Mesh revisions it has a Deployment of, like `asm-1-28`; sorted. */
  readonly revisions: readonly string[];
  /** Pods of each of them, in that order. */
  readonly pods: readonly RevisionPods[];
  /** Why the API server refuses its pods, in its words. */
  readonly refusal: string | undefined;
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
    const pods = deployments
      .map((each) => podsOf(each, name))
      .toSorted((one, other) => compareText(one.revision, other.revision));
    return {
      facts: {
        ref: { name, namespace },
        selector: { istio: label },
        serviceAccount,
        serviceHost: `${name}.${namespace}.svc.${cluster.domain}`,
        trustDomain: domain,
      },
      ready: pods.some(({ available }) => available > 0),
      refusal: deployments.map(refusalOfPods).find((said) => said !== undefined),
      revisions: pods.map(({ revision }) => revision),
      pods,
    };
  };
}

/** The gateway's pods that have an address, of every revision that it has a Deployment of. */
export async function gatewayPods(
  mesh: Mesh,
  facts: GatewayFacts,
  deployments: readonly RevisionPods[],
): Promise<readonly GatewayPod[]> {
  const pods = await mesh.list("Pod", { namespace: facts.ref.namespace, labels: facts.selector });
  return pods.flatMap((pod) => {
    const ip = pod.status?.["podIP"];
    const revision = revisionOf(pod.metadata.labels ?? {}, deployments);
    return typeof ip === "string"
      ? [
          {
            name: pod.metadata.name,
            ip,
            boundTo: pod.metadata.annotations?.[CONFIGURATION_ANNOTATION],
            ...(revision === undefined ? {} : { revision }),
          },
        ]
      : [];
  });
}

function serviceAccountOf(deployment: KubernetesObject): string | undefined {
  const template = deployment.spec?.["template"];
  const spec = isRecord(template) ? template["spec"] : undefined;
  const name = isRecord(spec) ? spec["serviceAccountName"] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** Kubernetes leaves counts of zero out of a Deployment's status, and makes one replica where none are asked for. */
function podsOf({ metadata, spec, status }: KubernetesObject, gateway: string): RevisionPods {
  const available = status?.["availableReplicas"];
  const wanted = spec?.["replicas"];
  const selector = LabelSelector.safeParse(spec?.["selector"]).data;
  return {
    revision: metadata.name.slice(gateway.length + 1),
    available: typeof available === "number" ? available : 0,
    wanted: typeof wanted === "number" ? wanted : 1,
    ...(selector === undefined ? {} : { selector }),
  };
}
