import { z } from "zod";
import type { Person } from "#src/domain/request/request.ts";
import type { IntakeItem } from "#src/ports/intake.ts";

/** What a person wrote to Sallyport, from a mention or a slash command. */
export interface AskedText {
  readonly by: Person;
  readonly channel: string;
  /** The thread to answer in; a slash command has none until the bot starts one. */
  readonly threadTs: string | undefined;
  /** Identifies what was written: an edited mention keeps its own. */
  readonly sourceId: string;
  readonly edited: boolean;
  readonly text: string;
  /** Slack's rich_text blocks of a mention. */
  readonly blocks: readonly unknown[];
  readonly surface: "mention" | "command";
  /** The stored delivery it came in. `receivedAt` in epoch milliseconds. */
  readonly delivery: { readonly id: string; readonly receivedAt: number };
  /** Where a slash command can still be answered when the bot is not in the channel. */
  readonly responseUrl: string | undefined;
}

const Mention = z.object({
  team_id: z.string(),
  event: z.object({
    user: z.string(),
    user_team: z.string().optional(),
    channel: z.string(),
    ts: z.string(),
    thread_ts: z.string().optional(),
    text: z.string().default(""),
    blocks: z.array(z.unknown()).default([]),
    edited: z.unknown().optional(),
    bot_id: z.string().optional(),
  }),
});

const Command = z.object({
  team_id: z.string(),
  user_id: z.string(),
  channel_id: z.string(),
  text: z.string().default(""),
  trigger_id: z.string(),
  response_url: z.string().optional(),
});

/** Undefined for a body of another shape. */
export function askedText(item: IntakeItem): AskedText | undefined {
  const { id, receivedAt, body } = item;
  const words = item.kind === "event" ? fromMention(body) : fromCommand(body);
  return words && { ...words, delivery: { id, receivedAt } };
}

type Words = Omit<AskedText, "delivery">;

function fromMention(body: unknown): Words | undefined {
  const parsed = Mention.safeParse(body);
  if (!parsed.success) return undefined;
  const { event, team_id: teamId } = parsed.data;
  return {
    by: { userId: event.user, teamId: event.user_team ?? teamId },
    channel: event.channel,
    threadTs: event.thread_ts ?? event.ts,
    sourceId: `${event.channel}:${event.ts}`,
    edited: event.edited !== undefined,
    text: event.text,
    blocks: event.blocks,
    surface: "mention",
    responseUrl: undefined,
  };
}

function fromCommand(body: unknown): Words | undefined {
  const parsed = Command.safeParse(body);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  return {
    by: { userId: data.user_id, teamId: data.team_id },
    channel: data.channel_id,
    threadTs: undefined,
    sourceId: `command:${data.trigger_id}`,
    edited: false,
    text: data.text,
    blocks: [],
    surface: "command",
    responseUrl: data.response_url,
  };
}
