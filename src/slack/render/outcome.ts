import type { Decision, RequestRecord } from "#src/domain/request.ts";
import { approversText } from "#src/domain/entitlement.ts";
import { code, inline, moment } from "./text.ts";

/** What became of a request, by whom and when: the first line of a decided card, and the asking thread's mirror. */
export function outcomeLine(record: RequestRecord): string {
  const { state, since } = record;
  switch (state) {
    case "planning":
      return "Making the plan";
    case "pending":
      return `Waiting for approval by ${record.plan === undefined ? "the approvers" : approversText(record.plan.approvers)}`;
    case "refused":
      return `:no_entry: *Not possible*: ${record.refusal === undefined ? "see the thread" : inline(record.refusal.why, 600)}`;
    case "denied":
      return `:no_entry: *Denied* ${byWhom(record, "deny")}`;
    case "cancelled":
      return `*Cancelled* by <@${record.asked.by.userId}> ${moment(since)}`;
    case "lapsed":
      return `*Lapsed* ${moment(since)}: nobody decided, or it could not be admitted in time. Ask again if it is still needed.`;
    case "approved":
      return `*Approved* ${byWhom(record, "approve")}; checking it once more`;
    case "applying":
      return `*Approved* ${byWhom(record, "approve")}; building`;
    case "verifying":
      return `*Approved* ${byWhom(record, "approve")}; in place, being proven`;
    case "active":
      return `:white_check_mark: *Active* (${record.evidence?.verdict ?? "proven"}), approved ${byWhom(record, "approve")}${until(record)}`;
    case "unproven":
      return `:warning: *Unproven*, approved ${byWhom(record, "approve")}; the objects are in place, trying again`;
    case "ending":
      return `*Ending*${cause(record)}; being removed`;
    case "ended":
      return `*Ended*${cause(record)} ${moment(since)}`;
    default:
      return state satisfies never;
  }
}

function byWhom(record: RequestRecord, verdict: Decision["verdict"]): string {
  const decision = record.decisions.findLast(({ payload }) => payload.verdict === verdict)?.payload;
  if (decision === undefined) return "";
  const because = decision.reason === undefined ? "" : `: ${inline(decision.reason, 300)}`;
  return `by <@${decision.by.userId}> ${moment(decision.at)}${because}`;
}

function until({ activation }: RequestRecord): string {
  return activation === undefined ? "" : `, until ${moment(activation.payload.endsAt)}`;
}

function cause(record: RequestRecord): string {
  const revoke = record.decisions.findLast(({ payload }) => payload.verdict === "revoke")?.payload;
  if (revoke !== undefined) {
    return `, revoked by <@${revoke.by.userId}>${revoke.reason === undefined ? "" : `: ${inline(revoke.reason, 300)}`}`;
  }
  switch (record.end?.payload.cause) {
    case "expired":
      return ": its time was over";
    case "unproven":
      return ": it could not be proven to work";
    default:
      return "";
  }
}

/** One line for the asking thread while the card is elsewhere. */
export function mirrorLine(record: RequestRecord, needsGateway: string | undefined): string {
  const then = needsGateway === undefined ? "" : ` ${needsGateway}`;
  return `${code(record.id)} ${outcomeLine(record)}.${record.state === "pending" ? then : ""}`;
}
