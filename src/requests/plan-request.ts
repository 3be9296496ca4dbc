import { isRefusal } from "#src/domain/outcome.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { AdminPlan, AnyRequest, Plan } from "#src/domain/request/request.ts";
import { openStatement, type Signed } from "#src/domain/request/signed/signature.ts";
import type { PlanStatement } from "#src/domain/request/signed/statements.ts";
import type { LanePorts } from "./lane-ports.ts";
import { makeAnyPlan } from "./make-any-plan.ts";
import { transition } from "./transition.ts";

/** Makes the plan a person will read, or says why there is none. While nobody has decided it may be made again. */
export async function planRequest(ports: LanePorts, requestId: string): Promise<void> {
  const record = await ports.store.get(requestId);
  if (record?.state !== "planning") return;
  const request = openStatement(ports.trust, record.request.envelope, {
    kind: "request",
    at: ports.clock.now(),
  });
  // No plan is signed for what the bot did not sign, or for another request than the one stored under this id.
  if (!request.opened || request.statement.payload.requestId !== record.id) {
    await ports.announcer.tell(
      `unsigned:${record.id}`,
      `The stored request ${record.id} is not what the bot signed. Nothing was planned; whoever needs it asks again. Find out who can write to Redis.`,
    );
    return;
  }
  const { asked } = request.statement.payload;
  const plan = await makeAnyPlan(ports, { id: record.id, asked });
  await transition(ports, requestId, (current) => {
    if (current.state !== "planning") return undefined;
    if (isRefusal(plan)) {
      return {
        event: "refused",
        patch: { refusal: plan },
        actor: "worker",
        details: { reason: plan.reason },
      };
    }
    return {
      event: "planned",
      patch: { plan, planned: planStatement(ports, current, plan) },
      actor: "worker",
      details: {
        grantDigest: plan.grantDigest,
        rule: plan.rule,
        steps: plan.steps.map(({ kind }) => kind),
      },
    };
  });
}

/** The plan as the worker signs it: bound to the request it is for. */
export function planStatement(
  { signer, clock }: Pick<LanePorts, "signer" | "clock">,
  { id, asked, request }: AnyRequest,
  plan: Plan | AdminPlan,
): Signed<PlanStatement> {
  return signer.sign("plan", {
    requestId: id,
    cluster: asked.cluster,
    request: envelopeDigest(request.envelope),
    grantDigest: plan.grantDigest,
    namespaceUid: plan.namespaceUid,
    steps: plan.steps,
    rule: plan.rule,
    approvers: plan.approvers,
    at: clock.now(),
  });
}
