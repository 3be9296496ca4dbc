import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ConflictInput } from "#src/domain/plan/conflicts/conflict.ts";
import { type WayOut, waysOut } from "#src/domain/plan/ways-out/ways-out.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../lane-ports.ts";
import { observeExportDefaults } from "./mesh-config.ts";

/** What is looked through for what others made: these objects, and to whom they are shown. */
export async function observedWith(
  mesh: Mesh,
  objects: readonly KubernetesObject[],
): Promise<ConflictInput["observed"]> {
  return {
    objects,
    sidecars: await mesh.list("Sidecar"),
    exportDefaults: await observeExportDefaults(mesh),
  };
}

/** The ways out of a namespace that no grant of ours opens, from anywhere in the mesh. */
export async function observeWaysOut(
  { instance }: Pick<LanePorts, "instance">,
  mesh: Mesh,
  namespace: string,
): Promise<readonly WayOut[]> {
  const objects = [...(await mesh.list("ServiceEntry")), ...(await mesh.list("VirtualService"))];
  const { exportDefaults: defaults, ...observed } = await observedWith(mesh, objects);
  return waysOut({ namespace, instance, defaults, ...observed });
}
