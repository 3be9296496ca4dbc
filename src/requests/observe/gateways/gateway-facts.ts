import type { Cluster } from "#src/domain/directory.ts";
import { egressGatewayName, factsIn, isOfInstance } from "#src/domain/gateways/egress-gateway.ts";
import type { SeenGateway } from "#src/domain/gateways/seen-gateway.ts";
import { gatewayKey, type GatewayFacts } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { MeshWorld } from "#src/domain/plan/situation.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../../lane-ports.ts";
import { gatewayReader } from "./observe-gateway.ts";

/**
 * The facts of every configured gateway that exists, or existed when the gateways lane last saw it: a Deployment that is
 * missing for a moment must not make the mesh lane forget how the gateway's objects are compiled.
 */
export async function knownGateways(
  { systemNamespace, instance }: Pick<LanePorts, "systemNamespace" | "instance">,
  mesh: Mesh,
  cluster: Cluster,
): Promise<Pick<MeshWorld, "facts" | "ready" | "gateways">> {
  const facts: GatewayFacts[] = [];
  const gateways: SeenGateway[] = [];
  const ready = new Set<string>();
  const remembered = await egressGateways(mesh, systemNamespace);
  const read = gatewayReader(mesh, cluster);
  for (const gateway of cluster.gateways) {
    const observed = await read(gateway);
    const found = remembered.get(egressGatewayName(gateway));
    const object = isOfInstance(found, instance) ? found : undefined;
    const known = observed?.facts ?? (object === undefined ? undefined : factsIn(object, gateway));
    if (known !== undefined) facts.push(known);
    if (observed?.ready === true) ready.add(gatewayKey(gateway));
    gateways.push({ gateway: gatewayKey(gateway), pods: observed?.pods ?? [], object });
  }
  return { facts, ready, gateways };
}

/** By name. What is only remembered stops nothing where it cannot be had. */
async function egressGateways(
  mesh: Mesh,
  namespace: string,
): Promise<ReadonlyMap<string, KubernetesObject>> {
  try {
    const objects = await mesh.list("EgressGateway", { namespace });
    return new Map(objects.map((object) => [object.metadata.name, object]));
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    return new Map();
  }
}
