import type { IntakeItem } from "#src/ports/chat/intake.ts";

/** What Slack did not see handled within a day is not carried out any more: milliseconds since it was received. */
const HANDLED_WITHIN_MS = 24 * 3_600_000;

/** What a stored delivery is worth. */
export type ItemJudgement =
  | { readonly kind: "ours"; readonly item: IntakeItem }
  /** Left over, or an old one put back: not carried out. */
  | { readonly kind: "too-old"; readonly item: IntakeItem }
  | { readonly kind: "tampered"; readonly why: string };

/** Pure. `item` has the bot's own signature; `now` in epoch milliseconds. */
export function judgeItem(item: IntakeItem | undefined, now: number): ItemJudgement {
  if (item === undefined) return { kind: "tampered", why: "it is missing" };
  return { kind: now - item.receivedAt > HANDLED_WITHIN_MS ? "too-old" : "ours", item };
}
