import type { KubernetesObject } from "../kubernetes-object.ts";
import { type Chain, openChain } from "../request/egress-grant/admission-chain.ts";
import type { JudgedGrant } from "../request/egress-grant/judge-egress-grant.ts";
import { envelopeDigest } from "../request/signed/envelope.ts";
import type { AnyRequest } from "../request/request.ts";
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

/** The verified chain an approved request rests on, why it rests on none, or that it is not worth anything any more. */
export function approvalOf(
  record: AnyRequest,
  { trust, now }: { readonly trust: Trust; readonly now: number },
): Chain | FallenReason | "over" {
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
  if (typeof chain === "string") return "cannot-be-verified";
  const isOver = chain.decisions.some(({ payload }) => now - payload.at > DECISION_LIFETIME_MS);
  return isOver ? "over" : chain;
}

/** What is known of a cluster when a request has its EgressGrant, and that waits for its admission. */
export interface Turn {
  readonly own: { readonly object: KubernetesObject; readonly namespace: string };
  readonly waiting: readonly JudgedGrant[];
  readonly open: readonly JudgedGrant[];
  /** Ids of the requests whose grants were open when its plan was made: it conflicts with none of these. */
  readonly seen: ReadonlySet<string>;
  /** Digests of the plans that are used up. */
  readonly spent: ReadonlySet<string>;
  readonly trust: Trust;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * Whose turn it is first: two that conflict may be admitted at once by two workers. Each has made its object before it
 * looks at those of the others, of which the older one goes first; and what was admitted since the plan was made has to be
 * planned around. What can never be admitted keeps nobody waiting. Pure.
 */
export function whoGoesFirst(turn: Turn): JudgedGrant | undefined {
  const { own, waiting, open, seen } = turn;
  function isNear({ grant, object }: JudgedGrant): boolean {
    return (
      grant.scope.namespace === own.namespace && object.metadata.name !== own.object.metadata.name
    );
  }
  return (
    open.find((each) => isNear(each) && !seen.has(each.requestId)) ??
    waiting.find(
      (each) => isNear(each) && isOlder(each.object, own.object) && mayBeAdmitted(each, turn),
    )
  );
}

function mayBeAdmitted(
  { spec }: JudgedGrant,
  { spent, trust, now }: Pick<Turn, "spent" | "trust" | "now">,
): boolean {
  const chain = openChain(
    trust,
    { ...spec.statements },
    { requestId: spec.id, cluster: spec.cluster, at: now },
  );
  return (
    typeof chain !== "string" &&
    !spent.has(envelopeDigest(chain.plan.envelope)) &&
    chain.decisions.every(
      ({ payload: { verdict, at } }) => verdict === "approve" && now - at <= SPENDABLE_FOR_MS,
    )
  );
}

function isOlder(one: KubernetesObject, other: KubernetesObject): boolean {
  return keyOf(one) < keyOf(other);
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}
