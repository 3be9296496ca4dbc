import type { FallenReason } from "#src/domain/approval/admission.ts";
import { VERDICT_WORDS } from "#src/domain/approval/decision-event.ts";
import { FINAL_STATES, type RequestState } from "#src/domain/request/lifecycle.ts";
import type {
  DecisionVerdict,
  EndCause,
  RequestDecision,
  RequestRecord,
} from "#src/domain/request/request.ts";
import { mention } from "../people.ts";
import { code, inline, moment } from "../text.ts";

/** What became of a request, by whom and when: the first line of a decided card, and the asking thread's mirror. */
export function outcomeLine(record: RequestRecord): string {
  return LINES[shownState(record)](record);
}

/**
 * The state people see: one that was looked at is what was seen of it, also while it is looked at again because other
 * grants of the namespace, or a repair, touched its objects.
 */
export function shownState({ state, evidence }: RequestRecord): RequestState {
  if (state !== "verifying" || evidence === undefined) return state;
  return evidence.verdict === "unproven" ? "unproven" : "active";
}

const LINES: Readonly<Record<RequestState, (record: RequestRecord) => string>> = {
  planning: () => "Making the plan",
  // Nobody is called by it: the card does that, once.
  pending: () => "*Waiting for approval*",
  refused: ({ refusal }) =>
    `:no_entry: *Not possible*: ${refusal === undefined ? "see the thread" : inline(refusal.why, 600)}`,
  denied: (record) => `:no_entry: *Denied*${byWhom(lastNo(record))}`,
  cancelled: (record) => `*${noWord(record)}*${byWhom(lastNo(record))}`,
  lapsed: (record) =>
    `*Lapsed* ${moment(record.since)}: ${whyLapsed(record)}. Ask again if it is still needed.`,
  approved: (record) => `*Approved*${byApprover(record)}; checking it once more`,
  closing: (record) => `*${noWord(record)}*${byWhom(lastNo(record))}; being carried out`,
  applying: (record) => `*Approved*${byApprover(record)}; building`,
  verifying: (record) => `*Approved*${byApprover(record)}; in place, being verified`,
  active: (record) =>
    `:white_check_mark: *Active* (${record.evidence?.verdict ?? "proven"}), approved${byApprover(record)}${until(record)}`,
  unproven: (record) =>
    `:warning: *Unproven*, approved${byApprover(record)}; the objects are in place, trying again`,
  ending: (record) => `*Ending*: ${causeWords(record)}; being closed, not yet verified as blocked`,
  ended: (record) => `*Ended* ${moment(record.since)}: ${causeWords(record)}`,
};

/** A decision that opens nothing. */
type No = RequestDecision & { readonly verdict: Exclude<DecisionVerdict, "approve"> };

function isNo(decision: RequestDecision | undefined): decision is No {
  return decision !== undefined && decision.verdict !== "approve";
}

/** The last decision on the whole request, where it was a no. */
export function lastNo({ decisions }: Pick<RequestRecord, "decisions">): No | undefined {
  const last = decisions.findLast(({ payload }) => payload.grantIds === undefined)?.payload;
  return isNo(last) ? last : undefined;
}

/** The last approval of a request. */
export function lastApproval({
  decisions,
}: Pick<RequestRecord, "decisions">): RequestDecision | undefined {
  return decisions.findLast(({ payload }) => payload.verdict === "approve")?.payload;
}

const NO_WORDS: Readonly<Record<No["verdict"], string>> = {
  deny: "Denied",
  cancel: "Cancelled",
  revoke: "Withdrawn",
};

/** What a request that was never admitted was closed by. */
export function noWord(record: Pick<RequestRecord, "decisions">): string {
  const no = lastNo(record);
  return no === undefined ? "Lapsed" : NO_WORDS[no.verdict];
}

/** Who decided, when and why, after a space; "" where nobody did. */
export function byWhom(decision: RequestDecision | undefined): string {
  if (decision === undefined) return "";
  const { by, at, reason } = decision;
  const because = reason === undefined ? "" : `: ${inline(reason, 300)}`;
  return ` by ${mention(by.userId)} ${moment(at)}${because}`;
}

function byApprover(record: RequestRecord): string {
  return byWhom(lastApproval(record));
}

export function whyLapsed(record: Pick<RequestRecord, "decisions">): string {
  const approval = lastApproval(record);
  return approval === undefined
    ? "nobody decided in time"
    : `the approval${byWhom(approval)} could not be carried out in time`;
}

function until({ activation }: RequestRecord): string {
  return activation === undefined ? "" : `, until ${moment(activation.payload.endsAt)}`;
}

/** Why an admitted request ended: by whose decision, or by itself. */
export function causeWords(record: RequestRecord): string {
  const no = lastNo(record);
  if (no !== undefined) return `${VERDICT_WORDS[no.verdict]}${byWhom(no)}`;
  if (record.end === undefined) return "its end is being recorded";
  const { cause, by } = record.end.payload;
  return `${CAUSE_WORDS[cause]}${by === undefined ? "" : ` by ${mention(by.userId)}`}`;
}

/** Why one of several grants ended. */
export function partCauseWords(record: RequestRecord, grantId: string): string {
  const revoke = partRevoke(record, grantId);
  const cause = record.endedAlone?.[grantId]?.cause ?? "revoked";
  return cause === "revoked" && revoke !== undefined
    ? `${VERDICT_WORDS.revoke}${byWhom(revoke)}`
    : CAUSE_WORDS[cause];
}

/** Who revoked this one alone. */
export function partRevoke(
  { decisions }: Pick<RequestRecord, "decisions">,
  grantId: string,
): RequestDecision | undefined {
  return decisions.findLast(({ payload }) => payload.grantIds?.includes(grantId) === true)?.payload;
}

const CAUSE_WORDS: Readonly<Record<EndCause, string>> = {
  revoked: "it was revoked",
  expired: "its time was over",
  unproven: "it could not be proven to work",
  deleted: "its EgressGrant was deleted in the cluster",
  namespace: "its namespace was deleted, or made anew",
  superseded: "the request that follows it took its place",
  denied: "it was denied",
  cancelled: "it was cancelled",
  withdrawn: "its approval was withdrawn",
  lapsed: "nobody decided in time",
};

const FALLEN_WORDS: Readonly<Record<FallenReason, string>> = {
  "cannot-be-verified": "its signatures could not be verified",
  "no-approval": "it was given for an earlier plan",
  "fell-before": "it did not count when it was new, and is not used again",
  "no-longer-a-member": "who gave it is no longer a full member of this workspace",
  "no-longer-an-approver": "who gave it is no longer an approver of this request",
  "more-steps-needed": "more has to be built in Azure than the card showed",
  "plan-changed": "the plan changed after it was given",
};

/** Why an approval fell, as a record stores it. */
export function fallenWords(why: string): string {
  return isFallenReason(why) ? FALLEN_WORDS[why] : inline(why, 400);
}

function isFallenReason(why: string): why is FallenReason {
  return Object.hasOwn(FALLEN_WORDS, why);
}

/** One line for the asking thread while the card is elsewhere. */
export function mirrorLine(
  record: RequestRecord,
  {
    channel,
    needsGateway,
  }: { readonly channel: string; readonly needsGateway: string | undefined },
): string {
  const then = needsGateway === undefined ? "" : ` ${needsGateway}`;
  const where = record.state === "pending" ? ` in <#${channel}>.${then}` : ".";
  return `${code(record.id)} ${outcomeLine(record)}${where}`;
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
