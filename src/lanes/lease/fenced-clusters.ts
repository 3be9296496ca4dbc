import type { ManagedClusters } from "#src/ports/cluster/clusters.ts";
import type { Lease } from "#src/ports/cluster/lease.ts";
import { mustHold } from "./fenced-mesh.ts";

/** As `fencedMesh`, for Azure: no write is sent that the Lease does not cover, and none is waited for beyond its end. */
export function fencedClusters(clusters: ManagedClusters, lease: Lease): ManagedClusters {
  return clusters.until(lease.signal, () => mustHold(lease));
}
