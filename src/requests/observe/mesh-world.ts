import type { Cluster } from "#src/domain/directory.ts";
import type { GatewayFacts } from "#src/domain/grant.ts";
import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { knownGateways } from "./gateway-facts.ts";
import type { LanePorts } from "../lane-ports.ts";

/** The Istio kinds the compiler emits: all of them are read, in every namespace, at each run. */
const MESH_KINDS = [
  "Gateway",
  "ServiceEntry",
  "VirtualService",
  "DestinationRule",
  "AuthorizationPolicy",
  "Telemetry",
] as const satisfies readonly ObjectKind[];

export interface MeshWorld {
  readonly objects: readonly KubernetesObject[];
  readonly facts: readonly GatewayFacts[];
  /** `namespace/name` of gateways with an available pod. */
  readonly ready: ReadonlySet<string>;
  /** UIDs of the namespaces that exist and are not being deleted, by name. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** All reads of one run of the mesh lane. */
export async function observeWorld(
  ports: LanePorts,
  mesh: Mesh,
  cluster: Cluster,
): Promise<MeshWorld> {
  const objects: KubernetesObject[] = [];
  for (const kind of MESH_KINDS) objects.push(...(await mesh.list(kind)));
  const namespaces = await mesh.list("Namespace");
  const { facts, ready } = await knownGateways(ports.lanes, mesh, cluster);
  return {
    objects,
    facts,
    ready,
    namespaces: new Map(
      namespaces
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => [metadata.name, metadata.uid ?? ""]),
    ),
  };
}
