import { egressRequest, egressRequests } from "#src/domain/request/kinds.ts";
import { failures, isUnsettled } from "#src/domain/plan/situation.ts";
import {
  type ClosedGrant,
  type OpenGrant,
  lastEnded,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import {
  FINAL_STATES,
  isBehind,
  isLive,
  REQUEST_STATES,
  type RequestState,
} from "#src/domain/request/lifecycle.ts";
import type { ConflictInput } from "#src/domain/plan/conflicts/conflict.ts";
import { byRequest, type Some } from "#src/domain/request/by-request.ts";
import { stateOfAll } from "#src/domain/request/egress-grant/state-of-all.ts";
import type { EndCause, RequestRecord } from "#src/domain/request/request.ts";
import { unlessOverwritten } from "#src/ports/errors.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { hearAgain, markEndedAlone, withRemovals } from "./in-part.ts";
import { recordFrom } from "#src/requests/restore-record.ts";
import { type Happening, transition } from "#src/requests/transition.ts";
import { bestEffort } from "../../best-effort.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { closedState, stateOf } from "./grant-statuses.ts";
import { writes } from "../mesh-changes.ts";
import { provenBesideOther, staleProofs } from "../stale-proofs.ts";

/** Nothing more is to be done for a stored request in any other state. */
const UNDER_WAY = REQUEST_STATES.filter((state) => !FINAL_STATES.includes(state));

/**
 * Brings the stored requests, which people's messages are painted from, to what the cluster says. Each by itself: one
 * that is damaged costs that one. One the cluster knows and Redis does not, or has older, is filled in again: answers how
 * many. All that are under way are read at once, and written only where that read says there is something to do.
 */
export async function updateRecords(
  ports: LanePorts,
  finished: Finished,
  observed: ConflictInput["observed"],
): Promise<number> {
  const { open, closed } = finished.grants;
  const ids = [...new Set([...open, ...closed].map(({ requestId }) => requestId))];
  const listed = await ports.store.list({
    ids,
    cluster: finished.cluster.name,
    states: UNDER_WAY,
  });
  const stored = new Map(egressRequests(listed).map((record) => [record.id, record]));
  const changed = new Set(finished.changes.filter(writes).flatMap(({ grantIds }) => grantIds));
  const isStale = staleProofs(ports, finished.world, observed);
  let restored = 0;
  const failureOf = failures(finished.failed);
  const openOnes = byRequest(open);
  for (const [requestId, grants] of openOnes) {
    const [first] = grants;
    await bestEffort(ports, `updating the stored request ${requestId}`, async () => {
      const known = stored.get(requestId);
      // What is not under way is over, or not there.
      if (known === undefined && (await isEndedAgain(ports, first))) return;
      const states = grants.map((each) => stateOf(each, finished));
      if (await isFilledIn(ports, first, { known, state: stateOfAll(states) })) restored += 1;
      if (areInPlace(finished, failureOf, grants))
        await markApplied(ports, first, {
          known,
          changed: grants.some(({ grant }) => changed.has(grant.id)),
        });
      for (const each of grants) await hearAgain(ports, each, known);
      if (isStale(known, first.grant) || provenBesideOther(known, first, closed))
        await ports.queue.add({ kind: "verify", requestId });
    });
  }
  // A no that was spent tells its story in its thread; only what was open once is filled in.
  for (const [requestId, grants] of byRequest(closed.filter(({ wasOpen }) => wasOpen))) {
    const known = stored.get(requestId);
    if (!grants.some(isUnsettled) && known === undefined) continue;
    await bestEffort(ports, `updating the stored request ${requestId}`, async () => {
      if (openOnes.has(requestId)) {
        for (const each of grants) await markEndedAlone(ports, each, known);
        return;
      }
      const state = stateOfAll(grants.map(closedState));
      if (await isFilledIn(ports, grants[0], { known, state })) restored += 1;
      await markEnded(ports, grants);
    });
  }
  for (const each of closed.filter(({ wasOpen }) => !wasOpen))
    if (isDecidable(stored.get(each.requestId)))
      await bestEffort(ports, `closing the stored request ${each.requestId}`, () =>
        closeAgain(ports, each),
      );
  return restored;
}

/** Of several, those that can be: what keeps another is told by itself, and keeps none of them from being proven. */
function areInPlace(
  { placed, grants: { moves } }: Finished,
  failureOf: ReturnType<typeof failures>,
  grants: readonly OpenGrant[],
): boolean {
  const isPlaced = grants.map(({ grant: { id } }) => placed.has(id) && !moves.waiting.has(id));
  return (
    isPlaced.includes(true) &&
    grants.every(
      ({ grant }, at) =>
        isPlaced[at] === true || moves.waiting.has(grant.id) || failureOf(grant) !== undefined,
    )
  );
}

export function tellRestored(
  { announcer }: LanePorts,
  { cluster: { name }, grants }: Finished,
  restored: number,
): Promise<void> {
  return announcer.tell(
    `refilled:${name}:${grants.facts.now}`,
    `Redis did not know ${restored === 1 ? "one request" : `${restored} requests`} that cluster ${name} has: filled in again from the cluster. Nothing was opened or closed by it. Find out what happened to the Redis data.`,
  );
}

/** Whether the stored request was missing, damaged, or from before what the cluster knows, and is written anew. */
async function isFilledIn(
  ports: LanePorts,
  judged: OpenGrant | ClosedGrant,
  { known, state }: { readonly known: RequestRecord | undefined; readonly state: RequestState },
): Promise<boolean> {
  if (known !== undefined && !isBehind(known.state, state)) return false;
  const stored = await readable(ports, judged.requestId);
  if (stored === undefined ? state === "ended" : !isBehind(stored.state, state)) return false;
  const record = recordFrom(ports, judged, { state, now: ports.clock.now() });
  if (record === undefined) return false;
  const { evidence, plan } = stored ?? {};
  await ports.store.restore(
    {
      ...record,
      ...(evidence === undefined ? {} : { evidence }),
      ...(plan === undefined ? {} : { plan }),
    },
    { actor: "worker", event: "restored", details: { state } },
  );
  await ports.queue.add({ kind: "notify", requestId: judged.requestId });
  return true;
}

async function readable(ports: LanePorts, id: string): Promise<RequestRecord | undefined> {
  return unlessOverwritten(
    async () => egressRequest(await ports.store.get(id)),
    () => undefined,
  );
}

function isDecidable(stored: RequestRecord | undefined): boolean {
  return stored?.state === "pending" || stored?.state === "approved";
}

/**
 * The cluster has it open, and it is stored as ended: the cluster was put back. Its end goes to where lanes look for what
 * the cluster has not heard, and the next run closes it.
 */
async function isEndedAgain(ports: LanePorts, { requestId }: OpenGrant): Promise<boolean> {
  const stored = await readable(ports, requestId);
  if (stored?.state !== "ended" || stored.end === undefined) return false;
  await ports.store.update(stored, {
    patch: {},
    audit: { actor: "worker", event: "ended-again", details: {} },
    end: stored.end.envelope,
  });
  await ports.announcer.tell(
    `ended-again:${requestId}:${ports.clock.now()}`,
    `${requestId} is open in its cluster, although it ended: the cluster was put back to an earlier state. It is closed again. Look for what else was put back.`,
  );
  await ports.queue.add({ kind: "mesh", cluster: stored.asked.cluster });
  return true;
}

/** A no the cluster knows, of a request that is stored as if somebody could still decide. */
async function closeAgain(ports: LanePorts, { requestId }: ClosedGrant): Promise<void> {
  if (!isDecidable(await readable(ports, requestId))) return;
  await transition(ports, requestId, () => ({
    event: "no",
    actor: "worker",
    details: { why: "the cluster says that it was decided already" },
  }));
  await ports.queue.add({ kind: "admit", requestId });
}

async function markApplied(
  ports: LanePorts,
  { requestId, admission }: OpenGrant,
  { known, changed }: { readonly known: RequestRecord | undefined; readonly changed: boolean },
): Promise<void> {
  function decide({ state }: Pick<RequestRecord, "state">): Happening | undefined {
    if (state === "approved") return { event: "admitted", patch: { admission }, actor: "worker" };
    if (state === "applying") return { event: "applied", actor: "worker" };
    return changed ? { event: "repaired", actor: "worker" } : undefined;
  }
  if (known !== undefined && decide(known) === undefined) return;
  const moved = await transition(ports, requestId, decide);
  if (moved.result === "moved") await ports.queue.add({ kind: "verify", requestId });
}

const EVENT_OF: Readonly<Record<EndCause, "revoked" | "expired" | "gave-up">> = {
  revoked: "revoked",
  deleted: "revoked",
  namespace: "revoked",
  superseded: "revoked",
  denied: "revoked",
  cancelled: "revoked",
  withdrawn: "revoked",
  lapsed: "revoked",
  expired: "expired",
  unproven: "gave-up",
};

async function markEnded(ports: LanePorts, grants: Some<ClosedGrant>): Promise<void> {
  const { requestId, cause, at, answered } = lastEnded(grants);
  await transition(ports, requestId, (current) => {
    if (current.state === "ending" && current.end !== undefined)
      return grants.some(isUnsettled) ? undefined : removed(ports, current, grants);
    if (!isLive(current.state) && current.state !== "closing" && current.state !== "ending")
      return undefined;
    const { signer, clock } = ports;
    const end = signer.sign("end", {
      requestId,
      cluster: current.asked.cluster,
      grantIds: [],
      cause,
      at: Math.min(at, clock.now()),
      ...answered,
    });
    return {
      event: current.state === "closing" ? "revoked" : EVENT_OF[cause],
      patch: { end },
      actor: "worker",
      details: { cause, endedAt: at },
    };
  });
}

/** Proven while Redis was away: the cluster kept what was seen. */
function removed(
  { clock }: LanePorts,
  current: RequestRecord,
  grants: Some<ClosedGrant>,
): Happening {
  const evidence = withRemovals(current, grants, clock.now());
  return {
    event: "removed",
    ...(evidence === undefined ? {} : { patch: { evidence } }),
    actor: "worker",
    details: { cause: grants[0].cause },
  };
}
