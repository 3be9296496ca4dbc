import { z } from "zod";
import { type Cluster } from "#src/domain/directory.ts";
import type { Evidence } from "#src/domain/evidence/check.ts";
import { refuse } from "#src/domain/outcome.ts";
import { someOf } from "#src/domain/some-of.ts";
import { withGrantRemoval } from "#src/domain/evidence/whole-evidence.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { statusPatch } from "#src/domain/request/egress-grant/grant-status.ts";
import {
  type Removal,
  signedStatus,
  statusRecord,
} from "#src/domain/request/egress-grant/signed-status.ts";
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
    isLast,
    live,
    cluster,
  }: {
    readonly closed: ClosedGrant;
    /** Nothing else of its request is open, or still to be proven closed. */
    readonly isLast: boolean;
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
      tellHeld(ports, grant.id, { requestId, held: removal.held }),
    );
    await bestEffort(ports, `looking again at ${requestId}`, () =>
      ports.queue.add({ kind: "mesh", cluster: cluster.name }),
    );
    return {
      outcome: "waiting",
      for: `the refusal of ${grant.id}`,
      retryAfterMs: ports.timing.unprovenRetryMs,
    };
  }
  const at = ports.clock.now();
  const verdict = removal.verdict === "enforced" ? "passed" : "unknown";
  await patchNewest(
    mesh,
    { ref: grantRef(ports, requestId), uid: object.metadata.uid },
    (newest) => removalPatch(ports, newest, { closed, isLast, removal: { at, verdict } }),
    { subresource: "status" },
  );
  await bestEffort(ports, `taking back what held ${requestId}`, () =>
    ports.lanes.remove(problemKey(requestId)),
  );
  await bestEffort(ports, `telling that ${requestId} has ended`, () =>
    tellEnded(ports, { closed, isLast, removal, at }),
  );
  return CONVERGED;
}

/** Signed with what was seen before of others of the request; its state is that of those that go on. */
function removalPatch(
  { signer, trust }: LanePorts,
  newest: KubernetesObject,
  {
    closed: { requestId, grant },
    isLast,
    removal,
  }: {
    readonly closed: ClosedGrant;
    readonly isLast: boolean;
    readonly removal: Removal;
  },
): Readonly<Record<string, unknown>> | undefined {
  const of = { requestId, uid: newest.metadata.uid };
  const all = { ...signedStatus("removal", newest, { requestId, trust }), [grant.id]: removal };
  const verdicts = Object.values(all).map((each) => each?.verdict);
  const fields = {
    removal: {
      at: timeText(removal.at),
      verdict: verdicts.includes("unknown") ? "unknown" : "passed",
      statement: signer.sign("record", statusRecord("removal", of, all)).envelope,
    },
  };
  return isLast
    ? statusPatch(newest, { state: "ended", conditions: [], fields }, removal.at)
    : { status: fields };
}

async function tellEnded(
  ports: LanePorts,
  {
    closed: { requestId, grant },
    isLast,
    removal,
    at,
  }: {
    readonly closed: ClosedGrant;
    readonly isLast: boolean;
    readonly removal: Evidence;
    readonly at: number;
  },
): Promise<void> {
  await transition(ports, requestId, (current) => ({
    event: isLast ? "removed" : "ended-in-part",
    patch: { evidence: withRemoval(current, removal, { grantId: grant.id, isLast, at }) },
    actor: "worker",
    details: {
      ...(grant.id === requestId ? {} : { grant: grant.id }),
      verdict: removal.verdict,
      failed: failedChecks(removal),
    },
  }));
  // What only the proof still needed can go now.
  await ports.queue.add({ kind: "mesh", cluster: grant.cluster });
}

/** Once, as long as it is the same. */
async function tellHeld(
  { lanes, clock, queue }: LanePorts,
  grantId: string,
  { requestId, held }: { readonly requestId: string; readonly held: readonly string[] },
): Promise<void> {
  if (held.length === 0) return;
  const why = `${someOf(held, 3)}; Istio serves it until it is gone`;
  const before = Told.safeParse(await lanes.read(problemKey(requestId))).data;
  if (before?.why === why) return;
  const refusal = refuse("ObjectHeld", {
    what: `${grantId} is not closed yet`,
    why,
    fix: "whoever put that finalizer there has to take it off, or to let its controller do it; Sallyport never removes a finalizer of others",
  });
  await lanes.write(problemKey(requestId), { ...refusal, since: clock.now() });
  await queue.add({ kind: "notify", requestId });
}

const Told = z.object({ why: z.string() });

/** What is known of a request once the removal of one of its grants was looked at. */
export function withRemoval(
  { id, evidence }: Pick<RequestRecord, "id" | "evidence">,
  removal: Evidence,
  of: { readonly grantId: string; readonly isLast: boolean; readonly at: number },
): NonNullable<RequestRecord["evidence"]> {
  const { at } = of;
  if (of.grantId !== id) return withGrantRemoval(evidence, removal, of);
  return { ...(evidence ?? { ...removal, at, egressIpPrefix: undefined, serial: 0 }), removal };
}

/** Names of the checks that failed. */
export function failedChecks(evidence: Evidence): readonly string[] {
  return evidence.checks.filter(({ verdict }) => verdict === "failed").map(({ name }) => name);
}
