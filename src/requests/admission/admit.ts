import {
  approverEntitlement,
  asMember,
  type GroupMembers,
} from "#src/domain/approval/entitlement.ts";
import { isRefusal, type Refusal } from "#src/domain/outcome.ts";
import { stepsNotShown } from "#src/domain/plan/grant-digest.ts";
import { planDifferences } from "#src/domain/plan/plan-differences.ts";
import { approvalOf, type FallenReason } from "#src/domain/approval/admission.ts";
import type { Chain } from "#src/domain/request/egress-grant/admission-chain.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type {
  AdminPlan,
  AnyRequest,
  Plan,
  RequestRecord,
  SupersededPlan,
} from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { grantOf } from "./egress-grants.ts";
import type { LanePorts } from "../lane-ports.ts";
import { admitOrder } from "../admin/admit-order.ts";
import { makeAnyPlan } from "../make-any-plan.ts";
import { mustTellTheTime } from "../tell-the-time.ts";
import { planStatement } from "../plan-request.ts";
import { spendPlan, spentPlans } from "./spend-plan.ts";
import { spendNo } from "./spend-no.ts";
import { transition } from "../transition.ts";

/** How many superseded plans a record keeps: enough to show before and after. */
const KEPT_PLANS = 5;

/**
 * Carries a decision out. A no is written into the cluster, so that no approval can be used afterwards. An approval
 * becomes a grant, believing nothing but signatures and what is true now: the decision is the bot's, was made on exactly
 * this plan by somebody who may still make it, and what would be built is what was read, or less. Look-ups that fail
 * throw `RetryableError`, so the job waits; nothing is admitted on a doubt.
 */
export async function admit(ports: LanePorts, requestId: string): Promise<void> {
  const record = await ports.store.get(requestId);
  if (record?.state !== "closing" && record?.state !== "approved") return;
  // First: by a wrong clock an approval has lapsed, or has not been made yet.
  await mustTellTheTime(ports, record.asked.cluster, "deciding");
  if (record.state === "closing") return spendNo(ports, record);
  const chain = approvalOf(record, { trust: ports.trust, now: ports.clock.now() });
  if (chain === "over") return lapse(ports, record.id);
  if (typeof chain === "string") return askAgain(ports, record, chain);
  return admitBy(ports, record, chain);
}

async function admitBy(ports: LanePorts, record: AnyRequest, chain: Chain): Promise<void> {
  const spent = await spentPlans(ports, record.asked.cluster);
  if (spent.has(envelopeDigest(chain.plan.envelope))) return askAgain(ports, record, "fell-before");
  if (chain.decisions.some(({ payload }) => differs(payload.config, ports.configDigest)))
    throw new RetryableError(
      `admitting ${record.id}: the bot and this worker run with different configurations; give both the same file and restart them`,
    );
  const seen = new Set<string>();
  const asked = { id: record.id, asked: chain.request.payload.asked };
  const plan = await makeAnyPlan(ports, asked, (id) => void seen.add(id));
  if (isRefusal(plan)) {
    await spendPlan(ports, record);
    return sendBack(ports, record, plan);
  }
  const why = await noLongerStands(ports, { plan, chain });
  if (why !== undefined) return askAgain(ports, record, why, plan);
  if (record.kind === "admin") return admitOrder(ports, record, { steps: plan.steps, chain });
  return isOfGrant(plan) ? grant(ports, record, { plan, chain, seen }) : undefined;
}

function isOfGrant(plan: Plan | AdminPlan): plan is Plan {
  return "objectCount" in plan;
}

function differs(one: string | undefined, other: string): boolean {
  return one !== undefined && one !== other;
}

/** Why the approval does not cover what would be done now, if so. */
async function noLongerStands(
  ports: LanePorts,
  { plan, chain }: { readonly plan: Plan | AdminPlan; readonly chain: Chain },
): Promise<FallenReason | undefined> {
  for (const { payload } of chain.decisions) {
    const since = payload.at;
    const person = asMember(
      await ports.identity.person(payload.by.userId, since),
      await ports.identity.homeTeam(),
    );
    if (isRefusal(person)) return "no-longer-a-member";
    const groups: GroupMembers[] = [];
    for (const group of plan.approvers.groups)
      groups.push({ group, ...(await ports.identity.members(group, since)) });
    const requester = chain.request.payload.asked.by.userId;
    const entitled = approverEntitlement(
      person,
      { requester, approvers: plan.approvers, now: ports.clock.now() },
      groups,
    );
    if (isRefusal(entitled)) return "no-longer-an-approver";
  }
  if (stepsNotShown(plan.steps, chain.plan.payload.steps).length > 0) return "more-steps-needed";
  return plan.grantDigest === chain.plan.payload.grantDigest ? undefined : "plan-changed";
}

async function lapse(ports: LanePorts, id: string): Promise<void> {
  await transition(ports, id, () => ({
    event: "no",
    actor: "worker",
    details: { why: "could not be admitted within 24 h of the approval" },
  }));
  await ports.queue.add({ kind: "admit", requestId: id });
}

async function sendBack(ports: LanePorts, record: AnyRequest, refusal: Refusal): Promise<void> {
  await transition(ports, record.id, () => ({
    event: "refused",
    patch: { refusal },
    actor: "worker",
    details: { reason: refusal.reason },
  }));
}

/** Back to where people decide, on a plan made now. */
async function askAgain(
  ports: LanePorts,
  record: AnyRequest,
  why: FallenReason,
  known?: Plan | AdminPlan,
): Promise<void> {
  const { id, asked } = record;
  await spendPlan(ports, record);
  const plan = known ?? (await makeAnyPlan(ports, { id, asked }));
  await transition(ports, id, (current) => {
    if (isRefusal(plan))
      return { event: "refused", patch: { refusal: plan }, actor: "worker", details: { why } };
    const superseded = [...(current.superseded ?? []), ...supersededBy(plan, current.plan, why)];
    return {
      event: "drifted",
      patch: {
        plan,
        planned: planStatement(ports, current, plan),
        superseded: superseded.slice(-KEPT_PLANS),
      },
      actor: "worker",
      details: { why, before: current.plan?.grantDigest, after: plan.grantDigest },
    };
  });
}

function supersededBy(
  after: Plan | AdminPlan,
  before: Plan | AdminPlan | undefined,
  why: FallenReason,
): readonly SupersededPlan[] {
  if (before === undefined) return [];
  const { grantDigest, madeAt: at } = before;
  const differences = isOfGrant(before) && isOfGrant(after) ? planDifferences(before, after) : [];
  return [{ grantDigest, at, why, differences }];
}

async function grant(
  ports: LanePorts,
  record: RequestRecord,
  of: { readonly plan: Plan; readonly chain: Chain; readonly seen: ReadonlySet<string> },
): Promise<void> {
  const { plan } = of;
  const granted = await grantOf(ports, record, of);
  // The name that is taken says already that no approval of it can be used.
  if (isRefusal(granted)) return sendBack(ports, record, granted);
  const moved = await transition(ports, record.id, () => ({
    event: "admitted",
    patch: { admission: granted, plan },
    actor: "worker",
    details: {
      grantDigest: plan.grantDigest,
      admission: envelopeDigest(granted.envelope),
      uid: granted.payload.uid,
    },
  }));
  if (moved.result === "moved") {
    await ports.queue.add({ kind: "gateways", cluster: record.asked.cluster });
    await ports.queue.add({ kind: "mesh", cluster: record.asked.cluster });
  }
}
