import { shortCode } from "#src/domain/plan/grant-digest.ts";
import type { AdminPlan, AdminRecord } from "#src/domain/request/request.ts";
import type { ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS } from "../action-value.ts";
import { context, header, quote, section } from "../blocks.ts";
import { cardFooter, decisionButtons } from "../deciding.ts";
import { approversText, mention } from "../people.ts";
import { cut, inline } from "../text.ts";
import { reachedLine } from "./reached.ts";
import { adminOutcome, DOING, ORDER_WORDS, orderPlain, orderText } from "./words.ts";

/** What is to be done to a cluster, step by step, and who may decide; once decided, a record of it without buttons. */
export function adminCard(record: AdminRecord): ChatMessage {
  const { asked, plan, state } = record;
  const pending = state === "pending" && plan !== undefined;
  return {
    text: adminCardText(record),
    blocks: [
      header(cut(orderPlain(asked), 150)),
      section(
        pending
          ? `*Waiting for approval* by ${approversText(plan.approvers)}`
          : adminOutcome(record),
        1000,
      ),
      section(`${mention(asked.by.userId)} asks to ${orderText(asked)}`, 1000),
      quote("Reason", asked.reason === "" ? "none given" : asked.reason, 1500),
      ...(plan === undefined ? [] : planBlocks(asked, plan)),
      ...(pending ? [deciding(record.id, plan)] : []),
      context(cardFooter(record)),
    ],
  };
}

/** The whole gist in one line, and what a click's message is compared with. */
export function adminCardText(record: AdminRecord): string {
  const { id, asked, plan, state } = record;
  const digest = plan === undefined ? "" : `, plan ${shortCode(plan.grantDigest)}`;
  return `${id}: ${orderPlain(asked)}${digest}: ${state}`;
}

function planBlocks(
  { order }: AdminRecord["asked"],
  { steps, left, reached }: AdminPlan,
): readonly ChatBlock[] {
  const lines = [
    "*Plan*, in this order",
    ...steps.map((step) => `• ${DOING[step.kind](step.target)}`),
    ...left.map((each) => `• ${ORDER_WORDS[order.kind].stays}: ${inline(each, 300)}`),
  ];
  return [
    section(lines.join("\n"), 2500),
    ...(reached === undefined ? [] : [section(reachedLine(reached), 1000)]),
  ];
}

function deciding(id: string, { grantDigest, reached }: AdminPlan): ChatBlock {
  const more = { actionId: ACTIONS.plan, text: "Full plan", label: `Show the full plan of ${id}` };
  return decisionButtons(id, grantDigest, reached === undefined ? [] : [more]);
}
