import { z } from "zod";
import type { Person } from "#src/domain/request/request.ts";
import type { IntakeItem } from "#src/ports/chat/intake.ts";
import { escapeText } from "../render/text.ts";
import { slackTime } from "../slack-time.ts";

/** What a person wrote to Sallyport, from a mention or a direct message, a slash command, a form or a button of Home. */
export interface AskedText {
  readonly by: Person;
  /** An app wrote it, with a person's token: https://docs.slack.dev/authentication/tokens#user */
  readonly byApp: boolean;
  readonly channel: string;
  /** The thread to answer in; a slash command has none until the bot starts one, and most forms have none. */
  readonly threadTs: string | undefined;
  /** Identifies what was written: an edited mention keeps its own. */
  readonly sourceId: string;
  /** When it was first written: by Slack's clock; of a slash command, when it came. Epoch ms. */
  readonly at: number;
  readonly edited: boolean;
  readonly text: string;
  /** Slack's rich_text blocks of a message. */
  readonly blocks: readonly unknown[];
  readonly surface: "mention" | "command" | "form" | "home";
  /** The stored delivery it came in. `receivedAt` in epoch milliseconds. */
  readonly delivery: { readonly id: string; readonly receivedAt: number };
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
    bot_id: z.unknown().optional(),
    app_id: z.unknown().optional(),
  }),
});

const Command = z.object({
  team_id: z.string(),
  user_id: z.string(),
  channel_id: z.string(),
  text: z.string().default(""),
});

/** Undefined for a body of another shape. */
export function askedText(item: IntakeItem): AskedText | undefined {
  const delivery = { id: item.id, receivedAt: item.receivedAt };
  const words = READERS[item.kind](item);
  return words && { ...words, delivery };
}

const READERS: Readonly<Record<IntakeItem["kind"], (item: IntakeItem) => Words | undefined>> = {
  event: fromMention,
  command: fromCommand,
  line: fromLine,
};

/** What a form or a button of Home stands for, as it is stored: a line of the grammar. */
const Line = z.object({
  team_id: z.string(),
  user_id: z.string(),
  channel_id: z.string(),
  thread_ts: z.string().exactOptional(),
  /** The same however often it is sent. */
  source_id: z.string(),
  text: z.string(),
  surface: z.enum(["form", "home"]),
});
export type Line = z.infer<typeof Line>;

/** The line a form was stored as. */
export function lineIn({ kind, body }: IntakeItem): string | undefined {
  return kind === "line" ? Line.safeParse(body).data?.text : undefined;
}

function fromLine({ receivedAt, body }: IntakeItem): Words | undefined {
  const { data } = Line.safeParse(body);
  return (
    data && {
      by: { userId: data.user_id, teamId: data.team_id },
      // An app has no way to send a window in a person's name.
      byApp: false,
      channel: data.channel_id,
      threadTs: data.thread_ts,
      sourceId: data.source_id,
      at: receivedAt,
      edited: false,
      // As Slack encodes what people write: nothing in a line is markup.
      text: escapeText(data.text),
      blocks: [],
      surface: data.surface,
    }
  );
}

type Words = Omit<AskedText, "delivery">;

/** An edit in a direct message comes as what it became, https://docs.slack.dev/reference/events/message/message_changed. */
const Edit = z.object({
  event: z.looseObject({
    subtype: z.literal("message_changed"),
    channel: z.string(),
    message: z.looseObject({}),
  }),
});

function asSaid(body: IntakeItem["body"]): unknown {
  const { event } = Edit.safeParse(body).data ?? {};
  return event === undefined
    ? body
    : { ...body, event: { ...event.message, channel: event.channel } };
}

function fromMention({ body }: IntakeItem): Words | undefined {
  const parsed = Mention.safeParse(asSaid(body));
  if (!parsed.success) return undefined;
  const { event, team_id: teamId } = parsed.data;
  return {
    by: { userId: event.user, teamId: event.user_team ?? teamId },
    byApp: isGiven(event.bot_id) || isGiven(event.app_id),
    channel: event.channel,
    threadTs: event.thread_ts ?? event.ts,
    sourceId: `${event.channel}:${event.ts}`,
    at: slackTime(event.ts),
    edited: event.edited !== undefined,
    text: event.text,
    blocks: event.blocks,
    surface: "mention",
  };
}

/** Where a mention stands that no person wrote: a workflow's, or an app's own. */
export interface AppMention {
  readonly channel: string;
  readonly threadTs: string;
}

const ByNobody = z.object({
  event: z.object({
    user: z.undefined().optional(),
    bot_id: z.string(),
    channel: z.string(),
    ts: z.string(),
    thread_ts: z.string().optional(),
  }),
});

/** Undefined for everything that has a person. */
export function appMention({ kind, body }: IntakeItem): AppMention | undefined {
  const parsed = kind === "event" ? ByNobody.safeParse(body).data : undefined;
  return (
    parsed && {
      channel: parsed.event.channel,
      threadTs: parsed.event.thread_ts ?? parsed.event.ts,
    }
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function fromCommand({ id, receivedAt, body }: IntakeItem): Words | undefined {
  const parsed = Command.safeParse(body);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  return {
    by: { userId: data.user_id, teamId: data.team_id },
    byApp: false,
    channel: data.channel_id,
    threadTs: undefined,
    sourceId: id,
    at: receivedAt,
    edited: false,
    text: data.text,
    blocks: [],
    surface: "command",
  };
}
