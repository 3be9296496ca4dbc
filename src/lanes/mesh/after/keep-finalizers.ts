import { isUnsettled } from "#src/domain/plan/situation.ts";
import { CLOSE_FINALIZER, egressGrantName } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { JudgedGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, patchNewest } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { bestEffort } from "../../best-effort.ts";
import type { Finished } from "./after-mesh-lane.ts";

/**
 * Puts back what keeps an EgressGrant until it is closed: without it a deletion leaves its Istio objects standing, and
 * nobody is left to say that they ended. What is being deleted takes none any more.
 */
export async function keepFinalizers(
  ports: LanePorts,
  mesh: Mesh,
  { grants }: Finished,
): Promise<void> {
  const standing: readonly JudgedGrant[] = [
    ...grants.open,
    ...grants.found.filter(({ wasOpen }) => wasOpen),
    ...grants.closed.filter(isUnsettled),
  ];
  const lacking = new Map(
    standing
      .filter(({ object }) => lacksFinalizer(object))
      .map(({ requestId, object }) => [requestId, object.metadata.uid]),
  );
  for (const [requestId, uid] of lacking)
    await bestEffort(ports, `putting back the finalizer of ${requestId}`, async () => {
      await patchNewest(mesh, { ref: grantRef(ports, requestId), uid }, (newest) =>
        lacksFinalizer(newest)
          ? { metadata: { finalizers: [...(newest.metadata.finalizers ?? []), CLOSE_FINALIZER] } }
          : undefined,
      );
      const name = egressGrantName(requestId);
      await ports.announcer.tell(
        `finalizer:${uid ?? ""}`,
        `Somebody took finalizer ${CLOSE_FINALIZER} off EgressGrant ${name}: deleted without it, ${requestId} would have stayed open. It is there again. ` +
          "Find out who can write there, and apply the admission policies `npx sallyport rbac` prints.",
      );
    });
}

function lacksFinalizer({ metadata }: JudgedGrant["object"]): boolean {
  const { finalizers = [], deletionTimestamp } = metadata;
  return deletionTimestamp === undefined && !finalizers.includes(CLOSE_FINALIZER);
}
