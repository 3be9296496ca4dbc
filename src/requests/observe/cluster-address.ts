import type { Cluster } from "#src/domain/directory.ts";
import type { ClusterAddress } from "#src/ports/cluster/clusters.ts";

export function addressOf(cluster: Cluster): ClusterAddress {
  return {
    subscriptionId: cluster.subscriptionId,
    resourceGroup: cluster.resourceGroup,
    name: cluster.resourceName,
  };
}
