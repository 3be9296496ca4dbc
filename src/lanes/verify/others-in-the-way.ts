import type { Cluster } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { adoptionOf } from "#src/domain/plan/adoption/adoption.ts";
import { adoptionText } from "#src/domain/plan/adoption/adoption-text.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { observeWorld } from "#src/requests/observe/mesh-world.ts";
import { observedWith } from "#src/requests/observe/others.ts";

/** Somebody else's objects that break a grant after it was planned, by name. */
export async function objectsInTheWay(
  ports: LanePorts,
  mesh: Mesh,
  {
    cluster,
    grant,
    evidence,
  }: { readonly cluster: Cluster; readonly grant: Grant; readonly evidence: Evidence },
): Promise<string | undefined> {
  if (evidence.verdict !== "unproven") return undefined;
  const world = await observeWorld(ports, mesh, cluster);
  const { refusals } = findConflicts({
    grants: [grant],
    live: [],
    observed: await observedWith(mesh, world.objects),
    gateways: world.facts,
    namespaces: [],
    instance: ports.instance,
  });
  return refusals.length === 0 ? undefined : refusals.map(({ why }) => why).join("; ");
}

/**
 * What is left for owners of others' objects to do, of a grant that is in place. Where it is not proven, a ServiceEntry of
 * another namespace is no cause: the grant's own is taken.
 */
export async function observeAdoption(
  { instance }: Pick<LanePorts, "instance">,
  mesh: Mesh,
  {
    grant,
    live,
    evidence: { verdict },
  }: {
    readonly grant: Grant;
    readonly live: readonly Grant[];
    readonly evidence: Evidence;
  },
): Promise<Pick<Evidence, "adoption">> {
  if (verdict === "enforced") return {};
  const objects: KubernetesObject[] = [];
  for (const kind of ["ServiceEntry", "VirtualService", "DestinationRule"] as const)
    objects.push(...(await mesh.list(kind)));
  const input = { live, observed: await observedWith(mesh, objects), instance };
  const found = adoptionOf(grant, input, "active");
  const isCause =
    verdict === "advisory" ||
    found?.theirs.some(({ ref, isOwn }) => isOwn || ref.kind !== "ServiceEntry") === true;
  return found === undefined || !isCause ? {} : { adoption: adoptionText(found, grant) };
}
