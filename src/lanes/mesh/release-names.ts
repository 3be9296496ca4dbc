import { madeAt } from "#src/domain/kubernetes-object.ts";
import { SPENDABLE_FOR_MS } from "#src/domain/approval/admission.ts";
import { isUnsettled } from "#src/domain/plan/situation.ts";
import { CLOSE_FINALIZER } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { ClosedGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { openStatement, type Trust } from "#src/domain/request/signed/signature.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import { bestEffort } from "../best-effort.ts";

/** How long an ended EgressGrant stays: much longer than any decision lives. */
const KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Gives the name of a deleted, closed EgressGrant back once the newest decision on it cannot be spent any more, and
 * deletes ended ones that are old enough.
 */
export async function releaseNames(
  ports: LanePorts,
  mesh: Mesh,
  { closed, facts, blocked }: ClusterGrants,
): Promise<void> {
  const byRequest = Map.groupBy(closed, ({ requestId }) => requestId);
  for (const [requestId, grants] of byRequest) {
    const [first] = grants;
    if (first === undefined || !grants.every((each) => each.lasting && !isUnsettled(each)))
      continue;
    const ref = grantRef(ports, requestId);
    await bestEffort(ports, `giving the name of ${requestId} back`, async () => {
      const precondition = preconditionOf(first.object);
      if (mayRelease(first, ports.trust, facts.now)) {
        const finalizers = (first.object.metadata.finalizers ?? []).filter(
          (each) => each !== CLOSE_FINALIZER,
        );
        await mesh.patch(ref, { metadata: { finalizers } }, precondition);
      } else if (blocked === undefined && isOld(grants, facts.now)) {
        await mesh.delete(ref, precondition);
      }
    });
  }
}

function isOld(grants: readonly ClosedGrant[], now: number): boolean {
  return grants.every(
    ({ at, object }) => now - at > KEPT_MS && object.metadata.deletionTimestamp === undefined,
  );
}

/** Pure. */
export function mayRelease({ object, spec }: ClosedGrant, trust: Trust, now: number): boolean {
  const { deletionTimestamp, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || !(finalizers ?? []).includes(CLOSE_FINALIZER))
    return false;
  const made = madeAt(object) || now;
  const decided = spec.statements.decisions.map((raw) => {
    const opened = openStatement(trust, raw, { kind: "decision", at: made });
    return opened.opened ? opened.statement.payload.at : made;
  });
  return now - Math.max(made, ...decided) > SPENDABLE_FOR_MS;
}
