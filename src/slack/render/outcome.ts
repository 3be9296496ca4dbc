import { FINAL_STATES, type RequestState } from "#src/domain/request/lifecycle.ts";
import type { Decision, EndCause, RequestRecord } from "#src/domain/request/request.ts";
import { approversText } from "#src/domain/approval/entitlement.ts";
import { code, inline, moment } from "./text.ts";

/** What became of a request, by whom and when: the first line of a decided card, and the asking thread's mirror. */
export function outcomeLine(record: RequestRecord): string {
  return LINES[record.state](record);
}

/** The same as plain words, for a refusal: those are literal, and show no markup. */
export function outcomeWords(record: RequestRecord): string {
  return outcomeLine(record)
    .replaceAll(/[*]|:[a-z_]+: /g, "")
    .replaceAll(/<!date\^[^|>]*\|([^>]*)>/g, "$1")
    .replaceAll("&lt;", "‹")
    .replaceAll("&gt;", "›")
    .replaceAll("&amp;", "&");
}

const LINES: Readonly<Record<RequestState, (record: RequestRecord) => string>> = {
  planning: () => "Making the plan",
  pending: ({ plan }) =>
    `Waiting for approval by ${plan === undefined ? "the approvers" : approversText(plan.approvers)}`,
  refused: ({ refusal }) =>
    `:no_entry: *Not possible*: ${refusal === undefined ? "see the thread" : inline(refusal.why, 600)}`,
  denied: (record) => `:no_entry: *Denied* ${byWhom(record, "deny")}`,
  cancelled: ({ asked, since }) => `*Cancelled* by <@${asked.by.userId}> ${moment(since)}`,
  lapsed: ({ since }) =>
    `*Lapsed* ${moment(since)}: nobody decided, or it could not be admitted in time. Ask again if it is still needed.`,
  approved: (record) => `*Approved* ${byWhom(record, "approve")}; checking it once more`,
  applying: (record) => `*Approved* ${byWhom(record, "approve")}; building`,
  verifying: (record) => `*Approved* ${byWhom(record, "approve")}; in place, being proven`,
  active: (record) =>
    `:white_check_mark: *Active* (${record.evidence?.verdict ?? "proven"}), approved ${byWhom(record, "approve")}${until(record)}`,
  unproven: (record) =>
    `:warning: *Unproven*, approved ${byWhom(record, "approve")}; the objects are in place, trying again`,
  ending: (record) => `*Ending*${cause(record)}; being closed, and not proven to be refused yet`,
  ended: (record) => `*Ended* ${moment(record.since)}${cause(record)}`,
};

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
  const ended = record.end?.payload.cause;
  return ended === undefined ? "" : CAUSES[ended];
}

const CAUSES: Readonly<Record<EndCause, string>> = {
  revoked: ", revoked",
  expired: ": its time was over",
  unproven: ": it could not be proven to work",
};

/** One line for the asking thread while the card is elsewhere. */
export function mirrorLine(record: RequestRecord, needsGateway: string | undefined): string {
  const then = needsGateway === undefined ? "" : ` ${needsGateway}`;
  return `${code(record.id)} ${outcomeLine(record)}.${record.state === "pending" ? then : ""}`;
}

/** Why a request does not go on, or that it does again. */
export function stuckLine(
  record: RequestRecord,
  { why, over }: { readonly why: string; readonly over: boolean },
): string {
  const { id, state } = record;
  if (FINAL_STATES.includes(state)) return `${code(id)} ${outcomeLine(record)}`;
  return over
    ? `:white_check_mark: ${code(id)} goes on: what it waited for is over.`
    : `:warning: ${code(id)} does not go on: ${inline(why, 600)}. Sallyport keeps trying; if this stays, show it to the platform team.`;
}
