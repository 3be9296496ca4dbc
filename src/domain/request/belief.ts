import { sameJson } from "../canonical.ts";
import type { Grant } from "../grant.ts";
import { isLive } from "./lifecycle.ts";
import type { EndCause, RequestRecord } from "./request.ts";
import type { Signed } from "./signature.ts";

/** What a stored request is worth, judged by its signatures alone. */
export type Belief =
  /** Nothing was admitted: nothing of it may be in any cluster. */
  | { readonly kind: "nothing" }
  | { readonly kind: "live"; readonly grants: readonly Grant[]; readonly endsAt: number }
  | {
      readonly kind: "ended";
      readonly grants: readonly Grant[];
      readonly cause: EndCause;
      readonly at: number;
    }
  /** Somebody wrote into the store past Sallyport: neither built nor removed, and told. */
  | { readonly kind: "tampered"; readonly why: string };

export interface Verifiers {
  /** The bot's decision key. */
  readonly decision: (statement: string, signed: Signed<unknown>) => boolean;
  /** The worker's record key. */
  readonly record: (statement: string, signed: Signed<unknown>) => boolean;
}

/** Pure; called each time a lane reads a request. `now` in epoch milliseconds. */
export function believe(record: RequestRecord, verifiers: Verifiers, now: number): Belief {
  const { admission, activation, end } = record;
  if (admission === undefined) {
    return isLive(record.state) || activation !== undefined || end !== undefined
      ? tampered(`state ${record.state} without an admission`)
      : { kind: "nothing" };
  }
  const why =
    admissionProblem(record, verifiers) ??
    statementProblem(record, verifiers) ??
    stateProblem(record);
  if (why !== undefined) return tampered(why);
  const { grants } = admission.payload;
  const latestEnd = Math.min(...grants.map((grant) => grant.latestEnd));
  const endsAt = Math.min(activation?.payload.endsAt ?? latestEnd, latestEnd);
  const ended = endOf(record, { endsAt, now });
  return ended === undefined
    ? { kind: "live", grants, endsAt }
    : { kind: "ended", grants, ...ended };
}

function endOf(
  { decisions, end }: RequestRecord,
  { endsAt, now }: { readonly endsAt: number; readonly now: number },
): { readonly cause: EndCause; readonly at: number } | undefined {
  const revoke = decisions.find(({ payload }) => payload.verdict === "revoke");
  if (revoke !== undefined) return { cause: "revoked", at: revoke.payload.at };
  if (end !== undefined) return end.payload;
  return now >= endsAt ? { cause: "expired", at: endsAt } : undefined;
}

function tampered(why: string): Belief {
  return { kind: "tampered", why };
}

/** A state that claims less, or more, than the signed statements say. */
function stateProblem({ state, decisions, end }: RequestRecord): string | undefined {
  const ended = end !== undefined || decisions.some(({ payload }) => payload.verdict === "revoke");
  if ((state === "ending" || state === "ended") && !ended)
    return `state ${state} without a signed end`;
  if (!isLive(state) && state !== "ending" && state !== "ended")
    return `state ${state} with an admission`;
  return undefined;
}

function admissionProblem(record: RequestRecord, verifiers: Verifiers): string | undefined {
  const { admission } = record;
  if (admission === undefined) return undefined;
  if (!verifiers.record("admission", admission))
    return "the admission's signature is not the worker's";
  const { payload } = admission;
  if (payload.requestId !== record.id) return `the admission belongs to ${payload.requestId}`;
  if (payload.grants.length === 0) return "the admission has no grant";
  if (payload.decisions.length === 0) return "the admission rests on no decision";
  for (const id of payload.decisions) {
    const decision = record.decisions.find((candidate) => candidate.payload.id === id);
    if (decision === undefined) return `the decision ${id} it was admitted by is missing`;
    if (decision.payload.verdict !== "approve") return `the decision ${id} is no approval`;
    if (decision.payload.grantDigest !== payload.grantDigest)
      return `the decision ${id} approved another plan`;
  }
  return shownDiffers(record, payload.grants);
}

/** What people are shown must be what was admitted: else a widened scope would look approved. */
function shownDiffers(record: RequestRecord, grants: readonly Grant[]): string | undefined {
  const { asked } = record;
  const same = grants.every(
    (grant) =>
      sameJson(grant.scope, asked.scope) &&
      sameJson(grant.destination, asked.destination) &&
      grant.cluster === asked.cluster &&
      grant.team === asked.team &&
      sameJson(grant.gateway, asked.gateway) &&
      grant.latestEnd === asked.latestEnd &&
      grant.durationMs === asked.durationMs,
  );
  return same ? undefined : "what is stored as asked differs from what was admitted";
}

function statementProblem(record: RequestRecord, verifiers: Verifiers): string | undefined {
  for (const decision of record.decisions) {
    if (!verifiers.decision("decision", decision)) return "a decision's signature is not the bot's";
    if (decision.payload.requestId !== record.id)
      return `a decision belongs to ${decision.payload.requestId}`;
  }
  const { activation, end } = record;
  if (activation !== undefined) {
    if (!verifiers.record("activation", activation))
      return "the activation's signature is not the worker's";
    if (activation.payload.requestId !== record.id)
      return "the activation belongs to another request";
  } else if (record.state === "active") {
    return "state active without an activation";
  }
  if (end !== undefined) {
    if (!verifiers.record("end", end)) return "the end's signature is not the worker's";
    if (end.payload.requestId !== record.id) return "the end belongs to another request";
  }
  return undefined;
}
