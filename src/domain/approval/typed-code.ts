import type { CardStatement } from "../request/signed/statements.ts";

/** A card that waits for a decision, and the plan it shows; both verified. */
export interface WaitingCard {
  readonly requestId: string;
  readonly card: Pick<CardStatement, "channel" | "threadTs">;
  readonly grantDigest: string;
}

/** What somebody typed, and in which thread. */
export interface TypedCode {
  readonly channel: string;
  readonly threadTs: string;
  /** Lower-case hex digits: the beginning of a digest. */
  readonly code: string;
}

export type FoundCard =
  | { readonly kind: "one"; readonly requestId: string }
  | { readonly kind: "none" }
  /** Several plans in this thread begin like that. */
  | { readonly kind: "several"; readonly candidates: readonly WaitingCard[] };

/** The one card of this thread whose plan's digest begins with what was typed. */
export function findCard(
  waiting: readonly WaitingCard[],
  { channel, threadTs, code }: TypedCode,
): FoundCard {
  const candidates = waiting.filter(
    ({ card, grantDigest }) =>
      card.channel === channel && card.threadTs === threadTs && grantDigest.startsWith(code),
  );
  const [first, ...others] = candidates;
  if (first === undefined) return { kind: "none" };
  return others.length === 0
    ? { kind: "one", requestId: first.requestId }
    : { kind: "several", candidates };
}
