import type { Cluster } from "#src/domain/directory.ts";
import { gatewayConfigurationName } from "#src/domain/directory.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { apiVersionOf } from "#src/domain/kubernetes-object.ts";
import type { Step } from "#src/domain/request/request.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { buildable } from "#src/domain/plan/buildable.ts";
import type { GatewayState, ObservedGateways } from "#src/requests/observe/gateway-states.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

interface Target {
  readonly cluster: Cluster;
  readonly observed: ObservedGateways;
  readonly approved: readonly Step[];
}

/** Why a gateway's own object could not be made, by `namespace/name` of the gateway. */
export type GatewayFailures = ReadonlyMap<string, string>;

/**
 * The steps that are Kubernetes objects: the gateway's namespace, then its StaticGatewayConfiguration, which needs the
 * CRD (the feature is on) and a node pool to work on. Created only when missing and approved; never updated here, since
 * most of a StaticGatewayConfiguration cannot be changed without moving the egress IP prefix. What is refused for one
 * gateway stops that gateway alone.
 */
export async function ensureNamespaceAndConfiguration(
  ports: Pick<LanePorts, "instance" | "log">,
  mesh: Mesh,
  target: Target,
): Promise<GatewayFailures> {
  const created = new Set(target.observed.infrastructure.namespaces);
  const failures = new Map<string, string>();
  for (const state of target.observed.gateways) {
    try {
      await ensureOne(ports, mesh, { ...target, state, created });
    } catch (error) {
      if (!(error instanceof FatalError || error instanceof RetryableError)) throw error;
      const cause = Error.isError(error.cause) ? `: ${error.cause.message}` : "";
      failures.set(state.key, `${error.message}${cause}`);
      ports.log.warn(
        { cluster: target.cluster.name, subject: state.key, err: error },
        "a gateway's own object could not be made",
      );
    }
  }
  return failures;
}

async function ensureOne(
  ports: Pick<LanePorts, "instance" | "log">,
  mesh: Mesh,
  {
    cluster,
    observed: { infrastructure },
    approved,
    state: { gateway },
    created,
  }: Target & { readonly state: GatewayState; readonly created: Set<string> },
): Promise<void> {
  const { steps } = buildable({ cluster, gateway }, infrastructure, approved);
  const namespaceStep = steps.find(({ kind }) => kind === "namespace");
  if (namespaceStep !== undefined && !created.has(gateway.namespace)) {
    await mesh.create(namespaceObject(ports.instance, gateway.namespace));
    created.add(gateway.namespace);
    ports.log.info(
      { cluster: cluster.name, subject: `Namespace ${gateway.namespace}`, action: "created" },
      "object changed",
    );
  }
  const step = steps.find(({ kind }) => kind === "static-gateway-configuration");
  const hasPool = infrastructure.azure.pools.some(({ name }) => name === gateway.pool);
  const possible = created.has(gateway.namespace) && infrastructure.azure.staticEgress && hasPool;
  if (step === undefined || !possible) return;
  await mesh.create(configurationObject(ports.instance, gateway, step.spec));
  ports.log.info(
    {
      cluster: cluster.name,
      subject: `StaticGatewayConfiguration ${step.target}`,
      action: "created",
    },
    "object changed",
  );
}

function labelsOf(instance: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/managed-by": "sallyport", "sallyport.dev/instance": instance };
}

function namespaceObject(instance: string, name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: labelsOf(instance) } };
}

function configurationObject(
  instance: string,
  gateway: { readonly namespace: string; readonly name: string },
  spec: Readonly<Record<string, unknown>>,
): KubernetesObject {
  return {
    apiVersion: apiVersionOf("StaticGatewayConfiguration"),
    kind: "StaticGatewayConfiguration",
    metadata: {
      name: gatewayConfigurationName(gateway),
      namespace: gateway.namespace,
      labels: labelsOf(instance),
    },
    spec,
  };
}
