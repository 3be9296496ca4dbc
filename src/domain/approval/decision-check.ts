import { isRefusal, type Refusal } from "../outcome.ts";
import { isLive, next, type RequestEvent, type RequestState } from "../request/lifecycle.ts";
import type {
  Decision,
  DecisionVerdict,
  Entitlement,
  Person,
  RequestDecision,
  AnyRequest,
} from "../request/request.ts";
import { asksForEgress } from "../request/kinds.ts";
import { grantsAsked } from "../request/egress-grant/admission-chain.ts";
import type { CardStatement } from "../request/signed/statements.ts";
import * as refusals from "./decision-refusals.ts";
import { type DecisionMaker, type GroupMembers, sourceRefusal } from "./entitlement.ts";
import { entitlementTo, type Rights } from "./entitlement-to.ts";
import { eventOf } from "./decision-event.ts";
import type { OpenedStatements } from "./opened-statements.ts";

/** What a person did, as Slack delivered it. */
export interface DecisionAct {
  readonly requestId: string;
  readonly verdict: DecisionVerdict;
  /** Of a revoke of one of several grants: which. */
  readonly grantId?: string;
  readonly by: Person;
  /** An app sent it, with a person's token. */
  readonly byApp: boolean;
  readonly surface: Decision["surface"];
  /** Slack's id of the event or click: each decides once. */
  readonly eventId: string;
  /** When it happened, by Slack's clock. Epoch ms. */
  readonly at: number;
  readonly reason?: string;
  /** The plan the person had before them and where it was; nobody approves or denies without. */
  readonly shown?: Shown;
}

export type Shown =
  /** A button of this message, which carries the digest. */
  | {
      readonly on: "message";
      readonly channel: string;
      readonly ts: string;
      readonly grantDigest: string;
    }
  /** Written in this thread, with the beginning of the digest. */
  | {
      readonly on: "thread";
      readonly channel: string;
      readonly threadTs: string;
      readonly code: string;
    };

/** Everything a decision is judged by, gathered beforehand. */
export interface DecisionInput {
  readonly act: DecisionAct;
  readonly record: Pick<AnyRequest, "id" | "state" | "asked" | "decisions">;
  readonly statements: OpenedStatements;
  /** A lane reports it as open, whatever the record says. */
  readonly reportedOpen: boolean;
  /** Undefined for an account Slack does not know. */
  readonly person: DecisionMaker | undefined;
  readonly homeTeam: string;
  readonly groups: readonly GroupMembers[];
  readonly rights: Rights;
  /** Epoch ms. */
  readonly now: number;
  /** Of the configuration in force. */
  readonly configDigest: string;
}

/** What stands in the way of a decision; what is done about it differs. */
export type Obstacle =
  | "source"
  | "state"
  /** A statement it would rest on is not what one of us signed. */
  | "unverifiable"
  /** The card of the plan as it is now is not recorded yet. */
  | "card-missing"
  /** Another message than the live card. */
  | "other-message"
  /** The person read something else than what the card says now. */
  | "card-changed"
  /** Done too long ago to open anything: left over, or put back by somebody. */
  | "too-old"
  | "person";

export type DecisionJudgement =
  | { readonly kind: "refused"; readonly because: Obstacle; readonly refusal: Refusal }
  | {
      readonly kind: "decided";
      readonly draft: Omit<RequestDecision, "id">;
      readonly event: RequestEvent;
      /** The request's state from then on. */
      readonly state: RequestState;
    };

/** What a decision binds by digest. */
type Binding = Pick<RequestDecision, "request" | "plan" | "card" | "grantDigest">;
type Refused = Extract<DecisionJudgement, { readonly kind: "refused" }>;

/** How long after somebody did it an act may still open something; what closes is taken later too. Milliseconds. */
export const OPENS_WITHIN_MS = 10 * 60_000;

/** What the act does to the request; undefined where it has no place. */
function eventIn({ act, record, reportedOpen }: DecisionInput): RequestEvent | undefined {
  // What is done to a cluster is no grant, which somebody could end.
  if (!asksForEgress(record.asked) && act.verdict === "revoke" && isLive(record.state))
    return undefined;
  const inPart = act.grantId !== undefined;
  return eventOf(act.verdict, record.state, { reportedOpen, inPart });
}

/** Ids of the grants that a request would become, or is. */
function grantIdsOf({ id, asked }: DecisionInput["record"]): readonly string[] {
  return asksForEgress(asked) ? grantsAsked({ id, asked }).map((grant) => grant.id) : [id];
}

/** Whether this act decides, and what: the first thing in its way is the answer. */
export function checkDecision(input: DecisionInput): DecisionJudgement {
  const { act, record, homeTeam } = input;
  const source = sourceRefusal({ teamId: act.by.teamId, byApp: act.byApp }, homeTeam);
  if (source !== undefined) return { kind: "refused", because: "source", refusal: source };
  const known = grantIdsOf(record);
  if (act.grantId !== undefined && !known.includes(act.grantId))
    return {
      kind: "refused",
      because: "state",
      refusal: refusals.unknownGrant(act.grantId, known),
    };
  const event = eventIn(input);
  if (event === undefined)
    return { kind: "refused", because: "state", refusal: refusals.noPlaceFor(act, record) };
  const binding = bindingOf(input);
  if ("kind" in binding) return binding;
  if (act.verdict === "approve" && input.now - act.at > OPENS_WITHIN_MS)
    return { kind: "refused", because: "too-old", refusal: refusals.tooLongAgo(record.id) };
  const entitlement = entitlementTo(act.verdict, {
    ...input,
    requester: record.asked.by.userId,
    requestId: act.grantId ?? record.id,
  });
  if (isRefusal(entitlement)) return { kind: "refused", because: "person", refusal: entitlement };
  return {
    kind: "decided",
    draft: draftOf(input, { binding, entitlement }),
    event,
    state: next(record.state, event) ?? record.state,
  };
}

function bindingOf(input: DecisionInput): Binding | Refused {
  const { act, record, statements } = input;
  const { request, plan, card } = statements;
  if (request.kind !== "bound")
    return { kind: "refused", because: "unverifiable", refusal: refusals.unverifiable(record.id) };
  if (act.verdict === "revoke") return { request: request.digest };
  if (act.verdict === "cancel") {
    return {
      request: request.digest,
      ...(plan.kind === "bound"
        ? { plan: plan.digest, grantDigest: plan.payload.grantDigest }
        : {}),
      ...(card.kind === "bound" ? { card: card.digest } : {}),
    };
  }
  if (plan.kind !== "bound" || card.kind === "unverifiable")
    return { kind: "refused", because: "unverifiable", refusal: refusals.unverifiable(record.id) };
  if (card.kind === "missing")
    return { kind: "refused", because: "card-missing", refusal: refusals.cardMissing(record.id) };
  return (
    readAnotherCard(act, { card: card.payload, grantDigest: plan.payload.grantDigest }) ?? {
      request: request.digest,
      plan: plan.digest,
      card: card.digest,
      grantDigest: plan.payload.grantDigest,
    }
  );
}

/** A decision counts for the plan that was read: on the live card or in its thread, by its digest, after it was shown. */
function readAnotherCard(
  { shown, at, requestId }: DecisionAct,
  { card, grantDigest }: { readonly card: CardStatement; readonly grantDigest: string },
): Refused | undefined {
  const onCard =
    shown?.on === "message"
      ? shown.channel === card.channel && shown.ts === card.ts
      : shown?.channel === card.channel && shown.threadTs === card.threadTs;
  if (shown === undefined || !onCard)
    return {
      kind: "refused",
      because: "other-message",
      refusal: refusals.otherMessage(requestId),
    };
  const samePlan =
    shown.on === "message" ? shown.grantDigest === grantDigest : grantDigest.startsWith(shown.code);
  if (!samePlan)
    return { kind: "refused", because: "card-changed", refusal: refusals.planChanged(requestId) };
  return at < card.at
    ? { kind: "refused", because: "card-changed", refusal: refusals.tooEarly(requestId) }
    : undefined;
}

function draftOf(
  { act, record, now, configDigest }: DecisionInput,
  { binding, entitlement }: { readonly binding: Binding; readonly entitlement: Entitlement },
): Omit<RequestDecision, "id"> {
  return {
    about: "request",
    requestId: record.id,
    cluster: record.asked.cluster,
    verdict: act.verdict,
    ...(act.grantId === undefined ? {} : { grantIds: [act.grantId] }),
    ...binding,
    by: act.by,
    entitlement,
    surface: act.surface,
    eventId: act.eventId,
    at: now,
    config: configDigest,
    ...(act.reason === undefined ? {} : { reason: act.reason }),
  };
}

/** The decision a person made by this event or click, where it is recorded already. */
export function recordedBy(
  { decisions }: Pick<AnyRequest, "decisions">,
  eventId: string,
): RequestDecision | undefined {
  return decisions.find(({ payload }) => payload.eventId === eventId)?.payload;
}
