import { type Chain, openChain } from "../request/egress-grant/admission-chain.ts";
import { envelopeDigest } from "../request/signed/envelope.ts";
import type { RequestRecord } from "../request/request.ts";
import type { Trust } from "../request/signed/signature.ts";

/** A decision is worth this long; after it the request has to be asked again. Milliseconds. */
export const DECISION_LIFETIME_MS = 24 * 3_600_000;

/** After this nobody's clock lets a decision be used any more: they may differ by some minutes. Milliseconds. */
export const SPENDABLE_FOR_MS = DECISION_LIFETIME_MS + 5 * 60_000;

/** Why an approval does not admit what was approved: people are asked again. */
export type FallenReason =
  | "cannot-be-verified"
  | "no-approval"
  /** It did not become a grant when it was new. */
  | "fell-before"
  | "no-longer-a-member"
  | "no-longer-an-approver"
  | "more-steps-needed"
  | "plan-changed";

/** The verified chain an approved request rests on, or why it rests on none. */
export function approvalProblem(
  record: RequestRecord,
  { trust, now }: { readonly trust: Trust; readonly now: number },
): Chain | FallenReason {
  const { request, planned, card, decisions, id, asked } = record;
  if (planned === undefined || card === undefined) return "cannot-be-verified";
  const plan = envelopeDigest(planned.envelope);
  // Those on earlier plans were spent on them.
  const approvals = decisions.filter(
    ({ payload }) => payload.verdict === "approve" && payload.plan === plan,
  );
  if (approvals.length === 0) return "no-approval";
  const chain = openChain(
    trust,
    {
      request: request.envelope,
      plan: planned.envelope,
      card: card.envelope,
      decisions: approvals.map(({ envelope }) => envelope),
    },
    { requestId: id, cluster: asked.cluster, at: now },
  );
  return typeof chain === "string" ? "cannot-be-verified" : chain;
}

export function isOver({ decisions }: Chain, now: number): boolean {
  return decisions.some(({ payload }) => now - payload.at > DECISION_LIFETIME_MS);
}
