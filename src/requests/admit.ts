import {
  approverEntitlement,
  memberRefusal,
  type GroupMembers,
} from "#src/domain/approval/entitlement.ts";
import { isRefusal, type Refusal } from "#src/domain/outcome.ts";
import { stepsNotShown } from "#src/domain/plan/grant-digest.ts";
import { planDifferences } from "#src/domain/plan/plan-differences.ts";
import type {
  Admission,
  Decision,
  Plan,
  RequestRecord,
  SupersededPlan,
} from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import type { LanePorts } from "./lane-ports.ts";
import { grantsOf, makePlan } from "./make-plan.ts";
import { transition } from "./transition.ts";

/** A decision is worth this long; after it the request has to be asked again. */
const DECISION_LIFETIME_MS = 24 * 3_600_000;

/** How many superseded plans a record keeps: enough to show before and after. */
const KEPT_PLANS = 5;

/**
 * Turns an approval into a grant, believing nothing but signatures and what is true now: the decision is the bot's, was
 * made on exactly this plan by somebody who may still make it, and what would be built is what was read, or less.
 * Look-ups that fail throw `RetryableError`, so the job waits; nothing is admitted on a doubt.
 */
export async function admit(ports: LanePorts, requestId: string): Promise<void> {
  const before = await ports.written.catchUp();
  const record = await ports.store.get(requestId);
  await ports.written.catchUp();
  if (record?.state !== "approved") return;
  const decision = record.decisions.findLast(({ payload }) => payload.verdict === "approve");
  const problem = decisionProblem(ports, record, decision);
  if (decision === undefined || problem !== undefined) {
    await forged(ports, record, problem ?? "there is no decision to rest on");
    return;
  }
  // An older record put back, with an approval that was spent since: the mesh lane tells people.
  if (ports.written.problemOf(record, before) !== undefined) return;
  if (ports.clock.now() - decision.payload.at > DECISION_LIFETIME_MS) {
    await lapse(ports, record.id);
    return;
  }
  const plan = await makePlan(ports, record);
  if (isRefusal(plan)) {
    await sendBack(ports, record, plan);
    return;
  }
  const why = await noLongerStands(ports, { plan, record, decision: decision.payload });
  await (why === undefined
    ? grant(ports, record, { plan, decision })
    : askAgain(ports, record.id, { plan, why }));
}

/** Why an approver is none any more: for everybody to read, not for that person. */
const LOST: Readonly<Record<string, string>> = {
  NotAnApprover: "who gave it is not among the approvers any more",
  Deactivated: "the account of who gave it is deactivated",
  GuestCannotDecide: "who gave it is a guest now",
};

/** Why the approval does not cover what would be done now, if so. */
async function noLongerStands(ports: LanePorts, target: Reviewed): Promise<string | undefined> {
  const { plan, record, decision } = target;
  const refusal = await identityRefusal(ports, target);
  if (refusal !== undefined)
    return `the approval no longer stands: ${LOST[refusal.reason] ?? "who gave it may not decide any more"}`;
  const unshown = stepsNotShown(plan.steps, record.plan?.steps ?? []);
  if (unshown.length > 0)
    return `now also needed: ${unshown.map(({ kind, target: what }) => `${kind} ${what}`).join(", ")}`;
  return plan.grantDigest === decision.grantDigest
    ? undefined
    : "what would be granted is no longer what was approved";
}

interface Reviewed {
  readonly plan: Plan;
  readonly record: RequestRecord;
  readonly decision: Decision;
}

function decisionProblem(
  ports: LanePorts,
  record: RequestRecord,
  decision: Signed<Decision> | undefined,
): string | undefined {
  if (decision === undefined) return "there is no decision to rest on";
  if (!ports.verifiers.decision("decision", decision))
    return "the approval's signature is not the bot's";
  if (decision.payload.requestId !== record.id)
    return `the approval belongs to ${decision.payload.requestId}`;
  return undefined;
}

/** Somebody wrote an approval into the store. The request goes back to where a person has to decide. */
async function forged(ports: LanePorts, record: RequestRecord, why: string): Promise<void> {
  await ports.store.audit(record.id, { actor: "worker", event: "tampered", details: { why } });
  await ports.announcer.tell(
    `forged:${record.id}:${record.version}`,
    `${record.id} was marked approved in the store, but ${why}. Nothing was built. Find out who can write to Redis.`,
  );
  await transition(ports, record.id, (current) => ({
    event: "drifted",
    patch: {
      decisions: current.decisions.filter((kept) => ports.verifiers.decision("decision", kept)),
    },
    actor: "worker",
    details: { why },
  }));
}

async function lapse(ports: LanePorts, id: string): Promise<void> {
  await transition(ports, id, () => ({
    event: "lapsed",
    actor: "worker",
    details: { why: "could not be admitted within 24 h of the approval" },
  }));
}

async function sendBack(ports: LanePorts, record: RequestRecord, refusal: Refusal): Promise<void> {
  await transition(ports, record.id, () => ({
    event: "refused",
    patch: { refusal },
    actor: "worker",
    details: { reason: refusal.reason },
  }));
}

async function askAgain(
  ports: LanePorts,
  id: string,
  { plan, why }: { readonly plan: Plan; readonly why: string },
): Promise<void> {
  await transition(ports, id, (current) => {
    const superseded = [...(current.superseded ?? []), ...supersededBy(plan, current.plan, why)];
    return {
      event: "drifted",
      patch: { plan, superseded: superseded.slice(-KEPT_PLANS) },
      actor: "worker",
      details: { why, before: current.plan?.grantDigest, after: plan.grantDigest },
    };
  });
}

function supersededBy(
  after: Plan,
  before: Plan | undefined,
  why: string,
): readonly SupersededPlan[] {
  if (before === undefined) return [];
  const { grantDigest, madeAt: at } = before;
  return [{ grantDigest, at, why, differences: planDifferences(before, after) }];
}

async function identityRefusal(ports: LanePorts, target: Reviewed): Promise<Refusal | undefined> {
  const { plan, record, decision } = target;
  const person = await ports.identity.person(decision.by.userId);
  const refusal = memberRefusal(person, await ports.identity.homeTeam());
  if (refusal !== undefined || person === undefined) return refusal;
  const groups: GroupMembers[] = [];
  for (const group of plan.approvers.groups)
    groups.push({ group, ...(await ports.identity.members(group)) });
  const entitled = approverEntitlement(
    person,
    { requester: record.asked.by.userId, approvers: plan.approvers, now: ports.clock.now() },
    groups,
  );
  return isRefusal(entitled) ? entitled : undefined;
}

async function grant(
  ports: LanePorts,
  record: RequestRecord,
  { plan, decision }: { readonly plan: Plan; readonly decision: Signed<Decision> },
): Promise<void> {
  const admission: Admission = {
    requestId: record.id,
    grants: grantsOf(record),
    grantDigest: plan.grantDigest,
    decisions: [decision.payload.id],
    namespaceUid: plan.namespaceUid,
    steps: plan.steps,
    at: ports.clock.now(),
  };
  const signed = ports.signer.sign("admission", admission);
  const moved = await transition(ports, record.id, (current) =>
    // What is signed was made from the record as read; a record changed since is judged again by the next run.
    current.version === record.version
      ? {
          event: "admitted",
          patch: { admission: signed, plan },
          actor: "worker",
          details: { grantDigest: plan.grantDigest },
          spend: [decision.payload.id],
        }
      : undefined,
  );
  if (moved.result === "spent") {
    await forged(ports, record, `the decision ${decision.payload.id} was spent before`);
    return;
  }
  if (moved.result === "moved") {
    await ports.queue.add({ kind: "gateways", cluster: record.asked.cluster });
    await ports.queue.add({ kind: "mesh", cluster: record.asked.cluster });
  }
}
