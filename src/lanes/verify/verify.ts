import { isNew, isUnsettled } from "#src/domain/plan/situation.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import { readGrants } from "#src/requests/observe/cluster-grants.ts";
import { proveGrants, type Target } from "./prove-grants.ts";
import { proveRemoval } from "./prove-removal.ts";

/**
 * Proves one request's grants, or that ended ones are refused, with real traffic from the team's own namespace. Nothing
 * becomes active that was not seen to work. What is proven is read from the cluster, and written there before anybody
 * is told.
 */
export async function verify(ports: LanePorts, requestId: string): Promise<LaneResult> {
  for (const cluster of ports.directory.clusters) {
    const mesh = await ports.meshOf(cluster.name);
    const { open, closed, blocked, moves } = await readGrants(ports, mesh, cluster.name);
    const ours = {
      open: open.filter((each) => each.requestId === requestId),
      closed: closed.filter((each) => each.requestId === requestId),
    };
    if (ours.open.length + ours.closed.length === 0) continue;
    const around = { live: open.map(({ grant }) => grant), cluster };
    const ended = await proveEnded(ports, mesh, { ...ours, ...around });
    const elsewhere = moves.waiting.union(moves.replaced);
    // What is at its gateway alone carries nothing that could be seen.
    const standing = ours.open.filter((each) => !isNew(each) && !elsewhere.has(each.grant.id));
    // What goes on beside something that ended is not proven again for that.
    const isDue = ours.closed.every((each) => !isToProve(each)) || standing.some(isToBeSeen);
    const proven =
      blocked === undefined && standing.length > 0 && isDue
        ? [await proveGrants(ports, mesh, { ...around, open: standing, all: ours.open })]
        : [];
    return soonest([...ended, ...proven]);
  }
  return CONVERGED;
}

function isToProve(closed: ClosedGrant): boolean {
  return closed.lasting && isUnsettled(closed);
}

function isToBeSeen({ proof }: OpenGrant): boolean {
  return proof === undefined || proof.verdict === "unproven";
}

/** Each by itself: one that cannot be looked at now keeps no other from being proven closed. */
async function proveEnded(
  ports: LanePorts,
  mesh: Mesh,
  {
    open,
    closed,
    live,
    cluster,
  }: Omit<Target, "all"> & { readonly closed: readonly ClosedGrant[] },
): Promise<readonly LaneResult[]> {
  const results: LaneResult[] = [];
  let problem: Error | undefined;
  let left = open.length + closed.filter((each) => isUnsettled(each)).length;
  for (const each of closed.filter(isToProve)) {
    try {
      const isLast = left === 1;
      const result = await proveRemoval(ports, mesh, { closed: each, isLast, live, cluster });
      if (result.outcome === CONVERGED.outcome) left -= 1;
      results.push(result);
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      problem ??= error;
    }
  }
  if (problem !== undefined) throw problem;
  return results;
}

/** What is looked at again first decides when. */
function soonest(results: readonly LaneResult[]): LaneResult {
  const [first] = results
    .filter((each) => each.outcome === "waiting")
    .toSorted((one, other) => one.retryAfterMs - other.retryAfterMs);
  return first ?? CONVERGED;
}
