import type { AdminRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { mention } from "../people.ts";
import { code, inline, messageText, moment } from "../text.ts";
import { adminOutcome, orderText } from "./words.ts";

/** What `status` answers of an order. */
export function adminStatus(record: AdminRecord): ChatMessage {
  const { id, asked } = record;
  const lines = [
    `*${code(id)}* ${orderText(asked)}`,
    adminOutcome(record),
    `Asked by ${mention(asked.by.userId)} ${moment(asked.at)}: ${inline(asked.reason, 300)}`,
  ];
  return { text: messageText(lines.join("\n")) };
}
