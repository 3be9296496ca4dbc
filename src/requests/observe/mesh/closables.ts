import type { RegistryOnly } from "#src/domain/admin/order.ts";
import type { Closable } from "#src/domain/admin/registry-only/next-closing.ts";
import {
  revisionClosables,
  type RevisionSight,
  sharedConfigName,
} from "#src/domain/admin/registry-only/revisions.ts";
import { namespaceClosable } from "#src/domain/admin/registry-only/team-sidecar.ts";
import { ROOT_NAMESPACE } from "#src/domain/kubernetes/needed-pods.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../../lane-ports.ts";
import { liveNamespaces } from "../live-namespaces.ts";
import { readConfig } from "./mesh-config.ts";
import { observeOutbound } from "./outbound.ts";

/** What an order would close, as it is now: each installed revision, or one namespace. */
export async function observeClosables(
  { instance }: Pick<LanePorts, "instance">,
  mesh: Pick<Mesh, "list" | "get">,
  { namespace }: RegistryOnly,
): Promise<readonly Closable[]> {
  if (namespace === undefined) return revisionClosables(await revisionSights(mesh));
  const namespaces = liveNamespaces(await mesh.list("Namespace"));
  return [
    namespaceClosable({
      instance,
      namespace,
      isThere: namespaces.has(namespace),
      outbound: await observeOutbound(mesh, namespace),
      sidecars: await mesh.list("Sidecar"),
    }),
  ];
}

/** A revision is installed where the add-on's own ConfigMap of it is. */
async function revisionSights(mesh: Pick<Mesh, "list">): Promise<readonly RevisionSight[]> {
  const maps = await mesh.list("ConfigMap", { namespace: ROOT_NAMESPACE });
  return maps
    .filter(({ metadata }) => metadata.name.startsWith("istio-asm-"))
    .map(({ metadata, data }) => {
      const revision = metadata.name.slice("istio-".length);
      return {
        revision,
        managed: readConfig(data?.["mesh"]),
        shared: maps.find((each) => each.metadata.name === sharedConfigName(revision)),
      };
    });
}
