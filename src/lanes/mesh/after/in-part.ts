import { keptEvidence } from "#src/domain/request/egress-grant/grant-status.ts";
import type {
  ClosedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { type Happening, transition } from "#src/requests/transition.ts";
import { withRemoval } from "../../verify/prove-removal.ts";

/** Says of a request that goes on which of its grants ended, and what was seen since of its refusal. */
export async function markEndedAlone(
  ports: LanePorts,
  closed: ClosedGrant,
  known: RequestRecord | undefined,
): Promise<void> {
  const { requestId, grant, cause, at, answered, removal } = closed;
  function decide(current: RequestRecord): Happening | undefined {
    const { evidence, endedAlone, state } = current;
    const isMarked = endedAlone?.[grant.id] !== undefined;
    const isSeen = removal === undefined || evidence?.grants?.[grant.id]?.removal !== undefined;
    if (!isLive(state) || (isMarked && isSeen)) return undefined;
    const one = { cause, at, ...answered };
    const of = { grantId: grant.id, isLast: false, at: ports.clock.now() };
    return {
      event: "ended-in-part",
      patch: {
        endedAlone: { ...endedAlone, [grant.id]: one },
        ...(isSeen ? {} : { evidence: withRemoval(current, keptEvidence(removal), of) }),
      },
      actor: "worker",
      details: { grant: grant.id, cause, endedAt: at },
    };
  }
  if (known !== undefined && decide(known) === undefined) return;
  const moved = await transition(ports, requestId, (current) =>
    current.kind === "grant" ? decide(current) : undefined,
  );
  // What it kept from being active may be over with it.
  if (moved.result === "moved" && moved.record.state !== "active")
    await ports.queue.add({ kind: "verify", requestId });
}

/**
 * A grant somebody revoked alone, as the stored request says, and that the cluster has not heard of: the index in which
 * lanes look for it was lost. It is put there again, and the next run closes the grant.
 */
export async function hearAgain(
  ports: LanePorts,
  { requestId, grant }: OpenGrant,
  known: RequestRecord | undefined,
): Promise<void> {
  const revoke = known?.decisions.find(
    ({ payload }) => payload.verdict === "revoke" && payload.grantIds?.includes(grant.id) === true,
  );
  if (known === undefined || revoke === undefined) return;
  const opened = openStatement(ports.trust, revoke.envelope, {
    kind: "decision",
    at: ports.clock.now(),
  });
  if (!opened.opened) return;
  await ports.store.update(known, {
    patch: {},
    audit: { actor: "worker", event: "heard-again", details: { grant: grant.id } },
    end: revoke.envelope,
  });
  await ports.queue.add({ kind: "mesh", cluster: grant.cluster });
  ports.log.warn({ requestId, grant: grant.id }, "a revoke was not in the index, and is again");
}

/** What is known of a request all of whose grants were seen to be refused: what was told of each before stays. */
export function withRemovals(
  { id, evidence }: Pick<RequestRecord, "id" | "evidence">,
  grants: readonly ClosedGrant[],
  at: number,
): RequestRecord["evidence"] {
  let whole = evidence;
  const seen = grants.filter(({ removal }) => removal !== undefined);
  for (const [index, { grant, removal }] of seen.entries()) {
    const told = whole?.grants?.[grant.id]?.removal;
    const isLast = index === seen.length - 1;
    const kept = told ?? (removal && keptEvidence(removal));
    if (kept === undefined || (told !== undefined && !isLast)) continue;
    const record = whole === undefined ? { id } : { id, evidence: whole };
    whole = withRemoval(record, kept, { grantId: grant.id, isLast, at });
  }
  return whole;
}
