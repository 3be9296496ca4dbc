import { refuse } from "#src/domain/outcome.ts";
import { failureOf, isUnsettled } from "#src/domain/plan/mesh-plan.ts";
import type { ClosedGrant, OpenGrant } from "#src/domain/request/judge-egress-grant.ts";
import { FINAL_STATES, isLive, type RequestState } from "#src/domain/request/lifecycle.ts";
import type { EndCause, RequestRecord } from "#src/domain/request/request.ts";
import { unlessOverwritten } from "#src/ports/errors.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { recordFrom } from "#src/requests/restore-record.ts";
import { transition } from "#src/requests/transition.ts";
import { bestEffort } from "../best-effort.ts";
import { problemKey } from "../gateways/progress.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { closedState, stateOf } from "./grant-statuses.ts";
import { writes } from "./mesh-changes.ts";

/**
 * Brings the stored requests, which people's messages are painted from, to what the cluster says. Each by itself: one
 * that is damaged costs that one. One the cluster knows and Redis does not, or has older, is filled in again.
 */
export async function updateRecords(ports: LanePorts, finished: Finished): Promise<void> {
  const { open, closed } = finished.grants;
  let restored = 0;
  for (const each of open) {
    await bestEffort(ports, `updating the stored request ${each.requestId}`, async () => {
      const state = stateOf(each, finished.placed.has(each.grant.id));
      if (await isFilledIn(ports, each, state)) restored += 1;
      await markApplied(ports, finished, each);
      await markFailed(ports, finished, each);
    });
  }
  // A no that was spent tells its story in its thread; only what was open once is filled in.
  for (const each of closed.filter(({ admission }) => admission !== undefined)) {
    await bestEffort(ports, `updating the stored request ${each.requestId}`, async () => {
      if (isUnsettled(each) && (await isFilledIn(ports, each, closedState(each)))) restored += 1;
      await markEnded(ports, each);
    });
  }
  for (const each of closed.filter(({ admission }) => admission === undefined))
    await bestEffort(ports, `closing the stored request ${each.requestId}`, () =>
      closeAgain(ports, each),
    );
  if (restored > 0)
    await ports.announcer.tell(
      `refilled:${finished.cluster.name}:${finished.grants.facts.now}`,
      `Redis did not know ${restored === 1 ? "one request" : `${restored} requests`} that cluster ${finished.cluster.name} has: filled in again from the cluster. Nothing was opened or closed by it. Find out what happened to the Redis data.`,
    );
}

/** Whether the stored request was missing, damaged, or from before its admission, and is written anew. */
async function isFilledIn(
  ports: LanePorts,
  judged: OpenGrant | ClosedGrant,
  state: RequestState,
): Promise<boolean> {
  const stored = await readable(ports, judged.requestId);
  if (stored !== undefined && !isBehind(stored)) return false;
  const record = recordFrom(ports, judged, { state, now: ports.clock.now() });
  if (record === undefined) return false;
  await ports.store.restore(
    { ...record, ...(stored?.evidence === undefined ? {} : { evidence: stored.evidence }) },
    { actor: "worker", event: "restored", details: { state } },
  );
  await ports.queue.add({ kind: "notify", requestId: judged.requestId });
  return true;
}

async function readable(ports: LanePorts, id: string): Promise<RequestRecord | undefined> {
  return unlessOverwritten(
    () => ports.store.get(id),
    () => undefined,
  );
}

/** An admitted request that is stored as one that was never admitted: an older Redis. */
function isBehind({ state }: RequestRecord): boolean {
  return (
    state === "planning" ||
    state === "pending" ||
    (FINAL_STATES.includes(state) && state !== "ended")
  );
}

/** A no the cluster knows, of a request that is stored as if somebody could still decide. */
async function closeAgain(ports: LanePorts, { requestId }: ClosedGrant): Promise<void> {
  const stored = await readable(ports, requestId);
  if (stored?.state !== "pending" && stored?.state !== "approved") return;
  await transition(ports, requestId, () => ({
    event: "no",
    actor: "worker",
    details: { why: "the cluster says that it was decided already" },
  }));
  await ports.queue.add({ kind: "admit", requestId });
}

async function markApplied(
  ports: LanePorts,
  { placed, changes }: Finished,
  { grant, requestId, admission }: OpenGrant,
): Promise<void> {
  if (!placed.has(grant.id)) return;
  const changed = changes.some((change) => writes(change) && change.grantIds.includes(grant.id));
  const moved = await transition(ports, requestId, (current) => {
    if (current.state === "approved")
      return { event: "admitted", patch: { admission }, actor: "worker" };
    if (current.state === "applying") return { event: "applied", actor: "worker" };
    return changed ? { event: "repaired", actor: "worker" } : undefined;
  });
  if (moved.result === "moved") await ports.queue.add({ kind: "verify", requestId });
}

async function markFailed(
  ports: LanePorts,
  { failed, cluster }: Finished,
  { grant, requestId }: OpenGrant,
): Promise<void> {
  const failure = failureOf(grant, failed);
  const key = `mesh-failure:${requestId}`;
  const before = await ports.lanes.read(key);
  if (failure === undefined) {
    if (before === undefined) return;
    await ports.lanes.remove(key);
    await ports.lanes.remove(problemKey(requestId));
    await ports.queue.add({ kind: "notify", requestId });
    return;
  }
  if (before === failure.why) return;
  const refusal =
    failure.name === undefined
      ? refuse("ObjectRefused", {
          what: `an Istio object of ${requestId} is not in place`,
          why: `in cluster ${cluster.name}: ${failure.why}`,
          fix: "ask the platform team to look at that message; Sallyport keeps trying",
        })
      : refuse(failure.name, {
          what: `${requestId} is not built yet`,
          why: failure.why,
          fix: `point the name outside again, and it is built; or \`@sallyport revoke ${requestId}\``,
        });
  await ports.lanes.write(key, failure.why);
  await ports.lanes.write(problemKey(requestId), refusal);
  await ports.store.audit(requestId, {
    actor: "worker",
    event: "object-refused",
    details: { why: failure.why },
  });
  await ports.queue.add({ kind: "notify", requestId });
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

async function markEnded(ports: LanePorts, closed: ClosedGrant): Promise<void> {
  const { requestId, cause, at, answers } = closed;
  await transition(ports, requestId, (current) => {
    if (current.state === "ending" && current.end !== undefined)
      return isUnsettled(closed)
        ? undefined
        : { event: "removed", actor: "worker", details: { cause } };
    if (!isLive(current.state) && current.state !== "closing" && current.state !== "ending")
      return undefined;
    const { signer, clock } = ports;
    const end = signer.sign("end", {
      requestId,
      cluster: current.asked.cluster,
      grantIds: [],
      cause,
      at: Math.min(at, clock.now()),
      ...(answers === undefined ? {} : { answers }),
    });
    return {
      event: current.state === "closing" ? "revoked" : EVENT_OF[cause],
      patch: { end },
      actor: "worker",
      details: { cause, endedAt: at },
    };
  });
}
