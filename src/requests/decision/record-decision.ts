import type { DecisionJudgement } from "#src/domain/approval/decision-check.ts";
import type { RequestEvent } from "#src/domain/request/lifecycle.ts";
import type { RequestDecision, AnyRequest } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Job } from "#src/ports/store/job-queue.ts";
import type { DecidePorts } from "./decide-ports.ts";

type Decided = Extract<DecisionJudgement, { readonly kind: "decided" }>;

/**
 * Signs a decision and stores it with the request's new state in one step; a revoke of what is admitted is also put
 * where lanes look first. Undefined where somebody else wrote the request in between: then nothing was decided.
 */
export async function recordDecision(
  ports: DecidePorts,
  read: AnyRequest,
  { draft, event, state }: Decided,
): Promise<{ readonly record: AnyRequest; readonly decision: RequestDecision } | undefined> {
  const decision: RequestDecision = { ...draft, id: ports.ids.unique() };
  const { envelope } = ports.decisionSigner.sign("decision", decision);
  const { entitlement, surface, grantDigest } = decision;
  const result = await ports.store.update(read, {
    patch: {
      decisions: [...read.decisions, { payload: decision, envelope }],
      state,
      since: state === read.state ? read.since : ports.clock.now(),
    },
    audit: {
      actor: `user:${decision.by.userId}`,
      event,
      details: {
        from: read.state,
        to: state,
        verdict: decision.verdict,
        ...(decision.grantIds === undefined ? {} : { grants: decision.grantIds }),
        decision: decision.id,
        entitlement,
        surface,
        ...(grantDigest === undefined ? {} : { grantDigest }),
      },
    },
    ...(isRevoke(event) ? { end: envelope } : {}),
  });
  if (result.result !== "written") return undefined;
  const { channel, threadTs } = read.asked;
  if (state !== "cancelled") ports.recorded.add(decision, { channel, threadTs });
  await followUp(ports, result.record, event);
  return { record: result.record, decision };
}

function isRevoke(event: RequestEvent): boolean {
  return event === "revoked" || event === "revoked-in-part";
}

/** What is lost here in a crash, the sweep adds again. */
async function followUp(
  ports: Pick<DecidePorts, "queue" | "log">,
  { id, asked }: AnyRequest,
  event: RequestEvent,
): Promise<void> {
  const jobs: readonly Job[] = [
    { kind: "notify", requestId: id },
    ...(event === "approved" || event === "no" ? [{ kind: "admit", requestId: id } as const] : []),
    ...(isRevoke(event) ? [{ kind: "mesh", cluster: asked.cluster } as const] : []),
  ];
  try {
    for (const job of jobs) await ports.queue.add(job);
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    ports.log.warn({ requestId: id, reason: error }, "follow-up waits for the sweep");
  }
}
