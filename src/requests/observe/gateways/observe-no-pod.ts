import { type KeepsPods, notMade, whyNoPod } from "#src/domain/gateways/no-pod.ts";
import type { ConfiguredGateway } from "#src/domain/directory.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { ObservedGateway } from "./observe-gateway.ts";

/** Two pods of a revision are what AKS makes first; more say nothing else. */
const MOST_ASKED = 2;

/** What keeps a gateway without a pod, should it be enabled; undefined where it has one or nothing says why. */
export async function observeNoPod(
  mesh: Pick<Mesh, "list" | "get" | "events">,
  { namespace, name }: ConfiguredGateway,
  observed: ObservedGateway | undefined,
): Promise<KeepsPods | undefined> {
  if (observed === undefined)
    return (await isMade(mesh, { namespace, name })) ? undefined : notMade(namespace);
  if (observed.ready) return undefined;
  const { facts, refusal } = observed;
  const pods = await mesh.list("Pod", { namespace, labels: facts.selector });
  const asked = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return whyNoPod({
    namespace,
    refusal,
    pods: await Promise.all(asked.slice(0, MOST_ASKED).map((pod) => withWarning(mesh, pod))),
  });
}

/** It may be made and unread, for want of the mesh's configuration. */
async function isMade(
  mesh: Pick<Mesh, "list" | "get">,
  { namespace, name }: Pick<ConfiguredGateway, "namespace" | "name">,
): Promise<boolean> {
  const service = await mesh.get({ kind: "Service", namespace, name });
  const deployments = await mesh.list("Deployment", { namespace });
  return (
    service !== undefined &&
    deployments.some(({ metadata }) => metadata.name.startsWith(`${name}-asm-`))
  );
}

async function withWarning(mesh: Pick<Mesh, "events">, pod: KubernetesObject) {
  const { name, namespace = "" } = pod.metadata;
  const events = await mesh.events({ kind: "Pod", namespace, name });
  return { pod, warning: events.findLast(({ type }) => type === "Warning") };
}
