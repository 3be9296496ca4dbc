import type { ManagedClusters } from "#src/ports/clusters.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Lease } from "#src/ports/lease.ts";

/** As `fencedMesh`, for Azure: no write is sent that the Lease does not cover, and none is waited for beyond its end. */
export function fencedClusters(clusters: ManagedClusters, lease: Lease): ManagedClusters {
  return clusters.until(lease.signal, () => {
    if (lease.remainingMs() <= 0) throw new RetryableError("writing: the lane's Lease is over");
  });
}
