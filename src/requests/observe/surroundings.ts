import { type GatewayFacts, gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import type { Labels, Surroundings, Way } from "#src/domain/plan/others/interference.ts";
import { KINDS_ON_THE_WAY } from "#src/domain/plan/others/others-on-the-way.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { ListFilter, Mesh } from "#src/ports/cluster/mesh.ts";
import { observeDiscovery } from "./mesh/mesh-config.ts";

/** All that others may have put on a grant's way. Many lists: read at planning and at verification, not at each lane run. */
export async function observeSurroundings(
  mesh: Pick<Mesh, "list">,
  { gateway, scope }: Pick<Way, "gateway" | "scope">,
  gateways: readonly GatewayFacts[],
): Promise<Surroundings> {
  const unseen: ObjectKind[] = [];
  async function seen(kind: ObjectKind, where?: ListFilter): Promise<readonly KubernetesObject[]> {
    const listed = await listAllowed(mesh, kind, where);
    if (listed !== "forbidden") return listed;
    if (!unseen.includes(kind)) unseen.push(kind);
    return [];
  }
  const facts = gateways.find(({ ref }) => gatewayKey(ref) === gatewayKey(gateway));
  const objects = await Promise.all(KINDS_ON_THE_WAY.map((kind) => seen(kind)));
  const gatewayPods =
    facts === undefined
      ? []
      : await seen("Pod", { namespace: gateway.namespace, labels: facts.selector });
  return {
    objects: objects.flat(),
    gatewayPods: labelsOf(gatewayPods, facts?.selector),
    teamPods: labelsOf(await seen("Pod", { namespace: scope.namespace })),
    namespaceLabels: new Map(
      (await seen("Namespace")).map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
    ),
    discovery: await observeDiscovery({ list: seen }),
    unseen: unseen.toSorted(),
  };
}

/** What may not be listed is not known; it is never none. */
export async function listAllowed(
  mesh: Pick<Mesh, "list">,
  kind: ObjectKind,
  where?: ListFilter,
): Promise<readonly KubernetesObject[] | "forbidden"> {
  try {
    return await mesh.list(kind, where);
  } catch (error) {
    if (error instanceof FatalError && error.code === "Forbidden") return "forbidden";
    throw error;
  }
}

/** A gateway that is scaled to nothing has the labels that it is selected by. */
function labelsOf(pods: readonly KubernetesObject[], known?: Labels): readonly Labels[] {
  if (pods.length === 0) return known === undefined ? [] : [known];
  return pods.map(({ metadata }) => metadata.labels ?? {});
}
