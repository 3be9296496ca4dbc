import { type Cluster, gatewayConfigurationName } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { MeshWorld } from "#src/domain/plan/situation.ts";
import { gatewayLacks, lackText } from "#src/domain/upgrades/gateway-lacks.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { gatewayPods } from "./observe-gateway.ts";

/** What revisions of gateways lack while the mesh is upgraded, in words, by `namespace/name`; pods are read only then. */
export async function observeLacks(
  mesh: Mesh,
  cluster: Cluster,
  {
    facts,
    gateways,
    revisions,
  }: Pick<MeshWorld, "facts" | "gateways"> & {
    /** Of the mesh, by name. */
    readonly revisions: readonly string[];
  },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const each of cluster.gateways) {
    const key = gatewayKey(each);
    const deployments = gateways.find(({ gateway }) => gateway === key)?.pods ?? [];
    const known = facts.find(({ ref }) => gatewayKey(ref) === key);
    if (known === undefined || Math.max(revisions.length, deployments.length) < 2) continue;
    const configuration = gatewayConfigurationName(each);
    const pods = await gatewayPods(mesh, known, deployments);
    const lacks = gatewayLacks({ mesh: revisions, deployments, pods, configuration });
    found.set(
      key,
      lacks.map((lack) => lackText(lack, configuration)),
    );
  }
  return found;
}
