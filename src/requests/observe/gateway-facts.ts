import { z } from "zod";
import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey, type GatewayFacts } from "#src/domain/grant.ts";
import { sameJson } from "#src/domain/canonical.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { observeGateway } from "./observe-gateway.ts";

const GatewayFactsSchema = z.object({
  ref: z.object({ namespace: z.string(), name: z.string() }),
  selector: z.record(z.string(), z.string()),
  serviceAccount: z.string(),
  serviceHost: z.string(),
  trustDomain: z.string(),
});

/**
 * The facts of every configured gateway that exists, or existed when last seen: a Deployment that is missing for a
 * moment must not make the mesh lane forget how the gateway's objects are compiled.
 */
export async function knownGateways(
  lanes: LaneStore,
  mesh: Mesh,
  cluster: Cluster,
): Promise<{ readonly facts: readonly GatewayFacts[]; readonly ready: ReadonlySet<string> }> {
  const facts: GatewayFacts[] = [];
  const ready = new Set<string>();
  for (const gateway of cluster.gateways) {
    const key = gatewayKey(gateway);
    const storeKey = `gateway-facts:${cluster.name}:${key}`;
    const observed = await observeGateway(mesh, cluster, gateway);
    const remembered = GatewayFactsSchema.safeParse(await lanes.read(storeKey)).data;
    if (observed !== undefined && !sameJson(observed.facts, remembered ?? null)) {
      await lanes.write(storeKey, observed.facts);
    }
    const known = observed?.facts ?? remembered;
    if (known !== undefined) facts.push(known);
    if (observed?.ready === true) ready.add(key);
  }
  return { facts, ready };
}
