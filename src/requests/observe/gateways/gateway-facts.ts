import type { Cluster } from "#src/domain/directory.ts";
import { egressGatewayName, factsIn, isOfInstance } from "#src/domain/gateways/egress-gateway.ts";
import { gatewayKey, type GatewayFacts } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { MeshWorld } from "#src/domain/plan/situation.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "../../lane-ports.ts";
import { egressIpPrefixOf } from "./gateway-states.ts";
import { gatewayReader } from "./observe-gateway.ts";

/**
 * The facts of every configured gateway that exists, or existed when the gateways lane last saw it: a Deployment that is
 * missing for a moment must not make the mesh lane forget how the gateway's objects are compiled.
 */
export async function knownGateways(
  { systemNamespace, instance }: Pick<LanePorts, "systemNamespace" | "instance">,
  mesh: Mesh,
  cluster: Cluster,
): Promise<Pick<MeshWorld, "facts" | "ready" | "prefixes">> {
  const facts: GatewayFacts[] = [];
  const prefixes = new Map<string, string>();
  const ready = new Set<string>();
  const remembered = await egressGateways(mesh, systemNamespace);
  const read = gatewayReader(mesh, cluster);
  for (const gateway of cluster.gateways) {
    const observed = await read(gateway);
    const object = remembered.get(egressGatewayName(gateway));
    const known =
      observed?.facts ?? (isOfInstance(object, instance) ? factsIn(object, gateway) : undefined);
    if (known !== undefined) facts.push(known);
    if (observed?.ready === true) ready.add(gatewayKey(gateway));
    const prefix = isOfInstance(object, instance) ? egressIpPrefixOf(object) : undefined;
    if (prefix !== undefined) prefixes.set(gatewayKey(gateway), prefix);
  }
  return { facts, ready, prefixes };
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
