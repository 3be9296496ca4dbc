import type { Cluster } from "#src/domain/directory.ts";
import type { MeshWorld } from "#src/domain/plan/situation.ts";
import {
  INSTANCE_LABEL,
  type KubernetesObject,
  type ObjectKind,
} from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { knownGateways } from "./gateways/gateway-facts.ts";
import type { LanePorts } from "../lane-ports.ts";
import { observeLogProvider } from "./mesh/log-formats.ts";
import { liveNamespaces } from "./live-namespaces.ts";

/** The Istio kinds the compiler emits: all of them are read, in every namespace, at each run. */
export const MESH_KINDS = [
  "Gateway",
  "ServiceEntry",
  "VirtualService",
  "DestinationRule",
  "AuthorizationPolicy",
  "Telemetry",
] as const satisfies readonly ObjectKind[];

/** All reads of one run of the mesh lane. */
export async function observeWorld(
  ports: LanePorts,
  mesh: Mesh,
  cluster: Cluster,
): Promise<MeshWorld> {
  const objects: KubernetesObject[] = [];
  for (const kind of MESH_KINDS) objects.push(...(await mesh.list(kind)));
  const namespaces = await mesh.list("Namespace");
  const { facts, ready, gateways } = await knownGateways(ports, mesh, cluster);
  return {
    objects,
    facts,
    ready,
    gateways,
    namespaces: liveNamespaces(namespaces),
    logProvider: await observeLogProvider(
      mesh,
      objects.filter(
        ({ kind, metadata }) =>
          kind === "Telemetry" && metadata.labels?.[INSTANCE_LABEL] === ports.instance,
      ),
    ),
  };
}
