import { shortCode } from "#src/domain/plan/grant-digest.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { ACTIONS, encodeAction } from "./action-value.ts";
import { type Button, buttons } from "./blocks.ts";
import { code } from "./text.ts";

/** The buttons of a card that waits for a decision, bound to the plan it shows; `more` stand beside them. */
export function decisionButtons(
  id: string,
  digest: string,
  more: readonly Omit<Button, "value">[] = [],
): ChatBlock {
  const value = encodeAction({ id, digest });
  const all: readonly Omit<Button, "value">[] = [
    { actionId: ACTIONS.approve, text: "Approve", style: "primary", label: `Approve ${id}` },
    { actionId: ACTIONS.deny, text: "Deny", style: "danger", label: `Deny ${id}` },
    ...more,
  ];
  return buttons(...all.map((each) => ({ ...each, value })));
}

/** Which request a card is of, the code people decide with, and how to decide without its buttons. */
export function cardFooter({ id, plan, state }: Pick<AnyRequest, "id" | "plan" | "state">): string {
  if (plan === undefined) return code(id);
  const short = shortCode(plan.grantDigest);
  const typed =
    state === "pending"
      ? ` · or write ${code(`@sallyport approve ${short}`)} / ${code(`@sallyport deny ${short} because …`)} in this thread`
      : "";
  return `${code(id)} · code ${code(short)}${typed}`;
}
