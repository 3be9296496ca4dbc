import { isNew, isUnsettled } from "#src/domain/plan/situation.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import { readGrants } from "#src/requests/observe/cluster-grants.ts";
import { proveGrant } from "./prove-grant.ts";
import { proveRemoval } from "./prove-removal.ts";

/**
 * Proves one request's grants, or that an ended one is refused, with real traffic from the team's own namespace. Nothing
 * becomes active that was not seen to work. What is proven is read from the cluster, and written there before anybody
 * is told.
 */
export async function verify(ports: LanePorts, requestId: string): Promise<LaneResult> {
  for (const cluster of ports.directory.clusters) {
    const mesh = await ports.meshOf(cluster.name);
    const { open, closed, blocked } = await readGrants(ports, mesh, cluster.name);
    const live = open.map(({ grant }) => grant);
    const mine = open.find((each) => each.requestId === requestId);
    if (mine !== undefined)
      return isNew(mine) || blocked !== undefined
        ? CONVERGED
        : proveGrant(ports, mesh, { open: mine, live, cluster });
    const ended = closed.find((each) => each.requestId === requestId);
    if (ended !== undefined)
      return ended.lasting && isUnsettled(ended)
        ? proveRemoval(ports, mesh, { closed: ended, live, cluster })
        : CONVERGED;
  }
  return CONVERGED;
}
