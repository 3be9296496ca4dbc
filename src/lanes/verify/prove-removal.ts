import { z } from "zod";
import { type Cluster } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import { refuse } from "#src/domain/outcome.ts";
import { someOf } from "#src/domain/some-of.ts";
import type { Grant } from "#src/domain/grant.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { statusPatch } from "#src/domain/request/egress-grant/grant-status.ts";
import { statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import type { ClosedGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, patchNewest } from "#src/requests/admission/egress-grants.ts";
import { CONVERGED, type LanePorts, type LaneResult } from "#src/requests/lane-ports.ts";
import { transition } from "#src/requests/transition.ts";
import { bestEffort } from "../best-effort.ts";
import { problemKey } from "../gateways/progress.ts";
import { collectRemoval } from "./collect-removal.ts";

/** Proves that what ended is refused, then says so in the cluster and to people. */
export async function proveRemoval(
  ports: LanePorts,
  mesh: Mesh,
  {
    closed,
    live,
    cluster,
  }: {
    readonly closed: ClosedGrant;
    readonly live: readonly Grant[];
    readonly cluster: Cluster;
  },
): Promise<LaneResult> {
  const { requestId, grant, object } = closed;
  const removal = await collectRemoval(ports, { cluster, grant, live });
  if (removal.verdict === "unproven") {
    // Still open: not ended, whatever was removed. The lane looks again, and so does this.
    ports.log.warn(
      { requestId, failed: failedChecks(removal) },
      "an ended grant is not refused yet",
    );
    await bestEffort(ports, `telling what holds ${requestId}`, () =>
      tellHeld(ports, requestId, removal.held),
    );
    await bestEffort(ports, `looking again at ${requestId}`, () =>
      ports.queue.add({ kind: "mesh", cluster: cluster.name }),
    );
    return {
      outcome: "waiting",
      for: `the refusal of ${requestId}`,
      retryAfterMs: ports.timing.unprovenRetryMs,
    };
  }
  const at = ports.clock.now();
  const verdict = removal.verdict === "enforced" ? "passed" : "unknown";
  const name = statusRecordName("removal", requestId, object.metadata.uid);
  const statement = ports.signer.sign("record", { name, value: { at, verdict } }).envelope;
  const fields = { removal: { at: timeText(at), verdict, statement } };
  await patchNewest(
    mesh,
    { ref: grantRef(ports, requestId), uid: object.metadata.uid },
    (newest) => statusPatch(newest, { state: "ended", conditions: [], fields }, at),
    { subresource: "status" },
  );
  await bestEffort(ports, `taking back what held ${requestId}`, () =>
    ports.lanes.remove(problemKey(requestId)),
  );
  await bestEffort(ports, `telling that ${requestId} has ended`, () =>
    tellEnded(ports, { closed, removal, at }),
  );
  return CONVERGED;
}

async function tellEnded(
  ports: LanePorts,
  {
    closed: { requestId, grant },
    removal,
    at,
  }: { readonly closed: ClosedGrant; readonly removal: Evidence; readonly at: number },
): Promise<void> {
  await transition(ports, requestId, (current) => ({
    event: "removed",
    patch: { evidence: withRemoval(current, removal, at) },
    actor: "worker",
    details: { verdict: removal.verdict, failed: failedChecks(removal) },
  }));
  // What only the proof still needed can go now.
  await ports.queue.add({ kind: "mesh", cluster: grant.cluster });
}

/** Once, as long as it is the same. */
async function tellHeld(
  { lanes, clock, queue }: LanePorts,
  requestId: string,
  held: readonly string[],
): Promise<void> {
  if (held.length === 0) return;
  const why = `${someOf(held, 3)}; Istio serves it until it is gone`;
  const before = Told.safeParse(await lanes.read(problemKey(requestId))).data;
  if (before?.why === why) return;
  const refusal = refuse("ObjectHeld", {
    what: `${requestId} is not closed yet`,
    why,
    fix: "whoever put that finalizer there has to take it off, or to let its controller do it; Sallyport never removes a finalizer of others",
  });
  await lanes.write(problemKey(requestId), { ...refusal, since: clock.now() });
  await queue.add({ kind: "notify", requestId });
}

const Told = z.object({ why: z.string() });

/** What is known of a request's grant once its removal was looked at. */
export function withRemoval(
  { evidence }: Pick<RequestRecord, "evidence">,
  removal: Evidence,
  at: number,
): NonNullable<RequestRecord["evidence"]> {
  return { ...(evidence ?? { ...removal, at, egressIpPrefix: undefined, serial: 0 }), removal };
}

/** Names of the checks that failed. */
export function failedChecks(evidence: Evidence): readonly string[] {
  return evidence.checks.filter(({ verdict }) => verdict === "failed").map(({ name }) => name);
}
