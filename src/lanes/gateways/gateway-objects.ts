import { type ConfiguredGateway, gatewayConfigurationName } from "#src/domain/directory.ts";
import { apiVersionOf, type KubernetesObject, ownLabels } from "#src/domain/kubernetes-object.ts";
import type { GatewayNeed } from "#src/domain/plan/buildable.ts";
import type { ObservedInfrastructure } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { OwnProblem } from "#src/domain/plan/progress.ts";
import type { Step } from "#src/domain/request/request.ts";
import { FatalError } from "#src/ports/errors.ts";
import { type EgressGateways, type Place, problemIn } from "./egress-gateways.ts";

/** What became of a gateway's own objects in this tick. */
export interface OwnObjects {
  readonly made: readonly Step[];
  readonly problem: OwnProblem | undefined;
}

interface Target {
  readonly place: Place;
  readonly memory: EgressGateways;
  readonly infrastructure: ObservedInfrastructure;
}

/**
 * The steps that are Kubernetes objects: the gateway's namespace, then its StaticGatewayConfiguration, which needs its CRD
 * (the feature is on) and a node pool to work on. Created only when missing and approved; never updated here, since most of
 * a StaticGatewayConfiguration cannot be changed without moving the egress IP prefix. Never throws for what an adapter
 * says: it is this gateway's problem alone.
 */
export async function ensureOwnObjects(target: Target, need: GatewayNeed): Promise<OwnObjects> {
  const made: Step[] = [];
  for (const step of need.steps) {
    if (step.kind !== "namespace" && step.kind !== "static-gateway-configuration") continue;
    const waitsFor = missingFor(step, need, target.infrastructure);
    if (waitsFor !== undefined)
      return { made, problem: waitsFor === "" ? undefined : { step: step.kind, why: waitsFor } };
    try {
      await make(target, need.state.gateway, step);
      made.push(step);
    } catch (error) {
      const why = problemIn(error);
      target.place.ports.log.warn(
        { cluster: target.place.cluster.name, subject: `${step.kind} ${step.target}`, err: error },
        "a gateway's own object could not be made",
      );
      return { made, problem: { step: step.kind, why } };
    }
  }
  return { made, problem: undefined };
}

/** Why a step cannot be taken yet: "" where what it waits for is a step of its own. */
function missingFor(
  { kind }: Step,
  { state: { gateway } }: GatewayNeed,
  { azure, configurationsServed }: ObservedInfrastructure,
): string | undefined {
  if (kind === "namespace") return undefined;
  const pool = azure.pools.find(({ name }) => name === gateway.pool);
  if (!azure.staticEgress || pool === undefined || pool.provisioningState === "Failed") return "";
  return configurationsServed
    ? undefined
    : "the cluster does not serve StaticGatewayConfigurations yet; it does some minutes after the static egress feature is on";
}

async function make(
  { place, memory }: Target,
  gateway: ConfiguredGateway,
  step: Step,
): Promise<void> {
  const { mesh, ports, cluster } = place;
  const object =
    step.kind === "namespace"
      ? namespaceObject(ports.instance, gateway.namespace)
      : configurationObject(ports.instance, gateway, step.spec);
  try {
    await mesh.create(object);
  } catch (error) {
    // Another gateway's, or somebody else's meanwhile: the next tick sees what it is.
    if (error instanceof FatalError && error.code === "AlreadyExists") return;
    throw error;
  }
  ports.log.info(
    { cluster: cluster.name, subject: `${object.kind} ${step.target}`, action: "created" },
    "object changed",
  );
  const { kind, target } = step;
  await memory.remember(gateway, { made: [{ kind, target, at: ports.clock.now() }] });
}

function namespaceObject(instance: string, name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: ownLabels(instance) } };
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
      labels: ownLabels(instance),
    },
    spec,
  };
}
