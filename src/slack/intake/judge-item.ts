import type { Signed } from "#src/domain/request/signature.ts";
import type { IntakeItem } from "#src/ports/intake.ts";
import type { Signer, Verifier } from "#src/ports/keys.ts";

/** Statement kind of a stored delivery: the bot's record key signs all of it, and nothing else of it is read. */
const INTAKE_STATEMENT = "intake";

/** What Slack did not see handled within a day is not carried out any more: milliseconds since it was received. */
const HANDLED_WITHIN_MS = 24 * 3_600_000;

/** What a stored delivery is worth. */
export type ItemJudgement =
  | { readonly kind: "ours"; readonly item: IntakeItem }
  /** Left over, or an old one put back: not carried out. */
  | { readonly kind: "too-old"; readonly item: IntakeItem }
  | { readonly kind: "tampered"; readonly why: string };

export function signItem(signer: Signer, item: IntakeItem): Signed<IntakeItem> {
  return signer.sign(INTAKE_STATEMENT, item);
}

/** Pure. `id` is the one it was stored under; `now` in epoch milliseconds. */
export function judgeItem(
  stored: Signed<IntakeItem> | undefined,
  { id, verify, now }: { readonly id: string; readonly now: number } & Verifier,
): ItemJudgement {
  if (stored === undefined) return { kind: "tampered", why: "it is missing" };
  if (!verify(INTAKE_STATEMENT, stored)) {
    return { kind: "tampered", why: "it does not have the bot's signature" };
  }
  const item = stored.payload;
  if (item.id !== id) return { kind: "tampered", why: "it is a copy of another one" };
  return { kind: now - item.receivedAt > HANDLED_WITHIN_MS ? "too-old" : "ours", item };
}
