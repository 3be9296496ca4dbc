import type { ChatMessage } from "#src/ports/chat.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { renderRefusal } from "../render/refusal.ts";
import type { AskedText } from "./asked-text.ts";

/** One command as it is handled: who, where, and the thread everything of it happens in. */
export interface CommandContext {
  readonly asked: AskedText;
  readonly threadTs: string;
}

/** What a command answers in its thread; undefined where the request's own messages are the answer. */
export type CommandReply = ChatMessage | undefined;

export function refusalReply(refusal: Refusal): ChatMessage {
  return renderRefusal(refusal);
}
