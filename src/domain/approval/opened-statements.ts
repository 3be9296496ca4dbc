import { sameJson } from "../canonical.ts";
import { envelopeDigest } from "../request/signed/envelope.ts";
import type { AnyRequest } from "../request/request.ts";
import {
  type OpenProblem,
  openStatement,
  type Signed,
  type Trust,
} from "../request/signed/signature.ts";
import type {
  CardStatement,
  PlanStatement,
  RequestStatement,
} from "../request/signed/statements.ts";

/** A statement of a stored request, as far as it may be decided on. */
export type Part<Payload> =
  /** Its signature is good and it names what it rests on. */
  | { readonly kind: "bound"; readonly payload: Payload; readonly digest: string }
  /** Not there yet; of a card also: it shows an earlier plan. */
  | { readonly kind: "missing" }
  | { readonly kind: "unverifiable"; readonly problem: OpenProblem | "not-bound" };

export interface OpenedStatements {
  readonly request: Part<RequestStatement>;
  readonly plan: Part<PlanStatement>;
  readonly card: Part<CardStatement>;
}

/** What a decision rests on. */
type Stored = Pick<AnyRequest, "id" | "asked" | "request" | "plan" | "planned" | "card">;

/**
 * Opens what a person decides on: each signature, whether each statement is of this request and names the one before
 * it, and whether what people are shown of it (the record) says the same. `now`: epoch ms.
 */
export function openStatements(stored: Stored, trust: Trust, now: number): OpenedStatements {
  const request = openRequest(stored, trust, now);
  const plan = openPlan(stored, request, { trust, now });
  return { request, plan, card: openCard(stored, plan, { trust, now }) };
}

interface Opening {
  readonly trust: Trust;
  readonly now: number;
}

const NOT_BOUND = { kind: "unverifiable", problem: "not-bound" } as const;

function openRequest(
  { id, asked, request }: Stored,
  trust: Trust,
  now: number,
): Part<RequestStatement> {
  const opened = openStatement(trust, request.envelope, { kind: "request", at: now });
  if (!opened.opened) return { kind: "unverifiable", problem: opened.problem };
  const { payload } = opened.statement;
  const says =
    payload.requestId === id && payload.cluster === asked.cluster && sameJson(payload.asked, asked);
  return says ? bound(opened.statement) : NOT_BOUND;
}

function openPlan(
  { id, asked, plan: shown, planned }: Stored,
  request: Part<RequestStatement>,
  { trust, now }: Opening,
): Part<PlanStatement> {
  if (planned === undefined || shown === undefined) return { kind: "missing" };
  const opened = openStatement(trust, planned.envelope, { kind: "plan", at: now });
  if (!opened.opened) return { kind: "unverifiable", problem: opened.problem };
  const { payload } = opened.statement;
  const says =
    payload.requestId === id &&
    payload.cluster === asked.cluster &&
    request.kind === "bound" &&
    payload.request === request.digest &&
    payload.grantDigest === shown.grantDigest &&
    payload.rule === shown.rule &&
    sameJson(payload.approvers, shown.approvers) &&
    sameJson(payload.steps, shown.steps);
  return says ? bound(opened.statement) : NOT_BOUND;
}

/** A card that names another plan is not wrong: the message is repainted, and signed again, after a plan is made anew. */
function openCard(
  { id, asked, card }: Stored,
  plan: Part<PlanStatement>,
  { trust, now }: Opening,
): Part<CardStatement> {
  if (card === undefined) return { kind: "missing" };
  const opened = openStatement(trust, card.envelope, { kind: "card", at: now });
  if (!opened.opened) return { kind: "unverifiable", problem: opened.problem };
  const { payload } = opened.statement;
  if (payload.requestId !== id || payload.cluster !== asked.cluster) return NOT_BOUND;
  return plan.kind === "bound" && payload.plan === plan.digest
    ? bound(opened.statement)
    : { kind: "missing" };
}

function bound<Payload>({ payload, envelope }: Signed<Payload>): Part<Payload> {
  return { kind: "bound", payload, digest: envelopeDigest(envelope) };
}
