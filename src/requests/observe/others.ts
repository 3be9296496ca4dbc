import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { ConflictInput } from "#src/domain/plan/conflicts/conflict.ts";
import { othersDigest } from "#src/domain/plan/ways-out/others-digest.ts";
import { type WayOut, waysOut, type WaysOutInput } from "#src/domain/plan/ways-out/ways-out.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../lane-ports.ts";
import { observeExportDefaults } from "./mesh/mesh-config.ts";

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
  ports: Pick<LanePorts, "instance">,
  mesh: Mesh,
  namespace: string,
): Promise<readonly WayOut[]> {
  return waysOut(await waysInput(ports, mesh, namespace));
}

/** Those, and what tells whether others have changed anything about them since. */
export async function observeOthers(
  ports: Pick<LanePorts, "instance">,
  mesh: Mesh,
  namespace: string,
): Promise<{ readonly ways: readonly WayOut[]; readonly digest: string }> {
  const input = await waysInput(ports, mesh, namespace);
  return { ways: waysOut(input), digest: othersDigest(input) };
}

async function waysInput(
  { instance }: Pick<LanePorts, "instance">,
  mesh: Mesh,
  namespace: string,
): Promise<WaysOutInput> {
  const objects: KubernetesObject[] = [];
  for (const kind of ["ServiceEntry", "VirtualService", "DestinationRule"] as const)
    objects.push(...(await mesh.list(kind)));
  const { exportDefaults: defaults, ...observed } = await observedWith(mesh, objects);
  return { namespace, instance, defaults, ...observed };
}
