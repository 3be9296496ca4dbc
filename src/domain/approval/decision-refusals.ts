import { type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import type { RequestState } from "../request/lifecycle.ts";
import { requestIdOf } from "../request/grant-id.ts";
import type { DecisionVerdict, RequestRecord } from "../request/request.ts";

/* Why a decision was not recorded, and what to do about it. */

export function unknownRequest(id: string): Refusal {
  return refuse("UnknownRequest", {
    what: `nothing was done for ${id}`,
    why: "there is no request of that id",
    fix: "see `@sallyport list` for the ids there are",
  });
}

/** `ids`: those of the request's grants. */
export function unknownGrant(id: string, ids: readonly string[]): Refusal {
  return refuse("UnknownRequest", {
    what: `nothing was done for ${id}`,
    why: `that request has ${ids.length === 1 ? "one destination" : `${ids.length} destinations`}: ${ids.join(", ")}`,
    fix: `name one of these, or all of it: \`@sallyport revoke ${requestIdOf(id)}\``,
  });
}

export function unverifiable(id: string): Refusal {
  return notRecorded("Unverifiable", id, {
    why: "this request cannot be verified: what is stored of it is not what Sallyport signed",
    fix: "ask again, with a new request; the approvers are told",
  });
}

export function cardMissing(id: string): Refusal {
  return notRecorded("CardMissing", id, {
    why: "its card is being painted, and the plan may have changed",
    fix: "read the card again in a moment, and decide then",
  });
}

export function otherMessage(id: string): Refusal {
  return notRecorded("OtherMessage", id, {
    why: "that is not the live card of this request",
    fix: "decide on the live card, or in its thread",
  });
}

export function planChanged(id: string): Refusal {
  return notRecorded("PlanChanged", id, {
    why: "the plan changed after the message you decided on",
    fix: "read the card as it is now, and decide again",
  });
}

export function tooEarly(id: string): Refusal {
  return notRecorded("OlderThanCard", id, {
    why: "it is older than the card as it is now",
    fix: "read the card as it is now, and decide again",
  });
}

export function tooLongAgo(id: string): Refusal {
  return notRecorded("TooOld", id, {
    why: "it was made more than ten minutes ago, and what opens something is only taken fresh",
    fix: "read the card as it is now, and decide again",
  });
}

function notRecorded(
  reason: RefusalReason,
  id: string,
  because: { readonly why: string; readonly fix: string },
): Refusal {
  return refuse(reason, { what: `your decision on ${id} was not recorded`, ...because });
}

/** The verdict has no place in the request's state: it is decided already, or not ready yet. */
export function noPlaceFor(
  { verdict, grantId }: { readonly verdict: DecisionVerdict; readonly grantId?: string },
  record: Pick<RequestRecord, "id" | "state" | "decisions">,
): Refusal {
  const { id, state, decisions } = record;
  const last = decisions.at(-1)?.payload;
  return refuse("AlreadyDecided", {
    what:
      verdict === "cancel" ? `${id} was not cancelled` : `your decision on ${id} changes nothing`,
    why: STATE_WORDS[state],
    fix: grantId === undefined ? afterwards(id, state, verdict) : whole(id, state),
    ...(last === undefined ? {} : { decided: { verdict: last.verdict, by: last.by, at: last.at } }),
  });
}

/** Of what is admitted only the cluster knows what became of it. */
const STATE_WORDS: Readonly<Record<RequestState, string>> = {
  planning: "its plan is being made",
  pending: "it waits for approval",
  refused: "it was not possible",
  denied: "it was denied",
  cancelled: "it was cancelled",
  lapsed: "it lapsed: nobody decided in time",
  approved: "it is approved, and being checked once more",
  closing: "it is being closed",
  applying: "it is approved and admitted",
  verifying: "it is approved and admitted",
  active: "it is approved and admitted",
  unproven: "it is approved and admitted",
  ending: "it is being ended",
  ended: "it has ended",
};

/** A request is decided on as a whole: one of its grants can be revoked while it is open. */
function whole(id: string, state: RequestState): string {
  if (state === "planning" || state === "pending") return afterwards(id, state, "revoke");
  return state === "approved"
    ? `\`@sallyport revoke ${id}\` withdraws all of it; one destination can be revoked once it is admitted`
    : `see \`@sallyport status ${id}\``;
}

function afterwards(id: string, state: RequestState, verdict: DecisionVerdict): string {
  if (verdict === "cancel") return `if it is in force, \`@sallyport revoke ${id}\` ends it`;
  if (verdict === "revoke" && (state === "planning" || state === "pending"))
    return `who asked can take it back: \`@sallyport cancel ${id}\``;
  if (verdict === "revoke") return `see \`@sallyport status ${id}\``;
  return "ask again if something else is needed";
}
