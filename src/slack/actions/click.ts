import type { BlockAction, ButtonAction } from "@slack/bolt";
import type { Person } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import type { BotPorts } from "../bot-ports.ts";
import type { AskedText } from "../commands/asked-text.ts";
import { type ActionValue, type AskedFrom, decodeAction } from "../render/action-value.ts";
import { slackTime } from "../slack-time.ts";

/** A click, as far as it is believed: who, when, on which message, for which request. */
export interface Click {
  readonly by: Person;
  /** By Slack's clock, epoch ms. */
  readonly at: number;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly messageTs: string;
  readonly messageText: string;
  readonly messageBlocks: readonly unknown[];
  readonly value: ActionValue;
  /** The same however often Slack delivers it. */
  readonly eventId: string;
  /** Opens a window within three seconds. */
  readonly triggerId: string;
}

/** Undefined for a button that is not one of ours. */
export function toClick(body: BlockAction<ButtonAction>, action: ButtonAction): Click | undefined {
  const value = decodeAction(action.value ?? "");
  const { message, channel, user } = body;
  if (value === undefined || message === undefined || channel === undefined) return undefined;
  return {
    by: { userId: user.id, teamId: user.team_id ?? body.team?.id ?? "" },
    at: slackTime(action.action_ts),
    channel: channel.id,
    threadTs: typeof message["thread_ts"] === "string" ? message["thread_ts"] : undefined,
    messageTs: message.ts,
    messageText: message.text ?? "",
    messageBlocks: Array.isArray(message["blocks"]) ? message["blocks"] : [],
    value,
    eventId: `${channel.id}:${message.ts}:${user.id}:${action.action_ts}`,
    triggerId: body.trigger_id,
  };
}

/** What a window that asks for a reason carries of the click that opened it. */
export function askedFrom(click: Click): AskedFrom {
  const { value, channel, threadTs, messageTs, eventId, at } = click;
  return { ...value, channel, threadTs, messageTs, eventId, clickedAt: at };
}

/** As if it had been written where its message is. One click asks once, however often Slack delivers it. */
export function asWritten(
  { by, at, channel, threadTs, messageTs, eventId }: Click,
  text: string,
): AskedText {
  return {
    by,
    byApp: false,
    channel,
    threadTs: threadTs ?? messageTs,
    sourceId: eventId,
    at,
    edited: false,
    text,
    blocks: [],
    surface: "mention",
    delivery: { id: eventId, receivedAt: at },
  };
}

/** Answered in words, to who clicked alone. */
export async function answer(
  { chat }: Pick<BotPorts, "chat">,
  { channel, by, threadTs }: Pick<Click, "channel" | "by" | "threadTs">,
  message: ChatMessage,
): Promise<void> {
  await chat.whisper(channel, by.userId, threadTs, message);
}
