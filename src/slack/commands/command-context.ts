import type { DecisionAct } from "#src/domain/approval/decision-check.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
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

/** The part of a decision that only says who wrote it, or clicked it in Home, and when. */
export function typedAct({
  by,
  byApp,
  sourceId,
  at,
  surface,
}: AskedText): Pick<DecisionAct, "by" | "byApp" | "surface" | "eventId" | "at"> {
  const how = surface === "home" ? "button" : "typed";
  return { by, byApp, surface: how, eventId: sourceId, at };
}

export function refusalReply(refusal: Refusal): ChatMessage {
  return renderRefusal(refusal, { isPosted: true });
}
