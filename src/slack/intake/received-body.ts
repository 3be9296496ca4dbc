import { createHash } from "node:crypto";
import { z } from "zod";

const MentionEvent = z.object({
  type: z.literal("event_callback"),
  event_id: z.string().min(1),
  event: z.object({ type: z.literal("app_mention") }),
});

/** Everything that is said in a direct message with the bot, also by itself. */
const DirectEvent = z.object({
  type: z.literal("event_callback"),
  event_id: z.string().min(1),
  event: z.union([
    z.object({
      type: z.literal("message"),
      channel_type: z.literal("im"),
      subtype: z.undefined().optional(),
      user: z.string(),
    }),
    // Slack also sends it where it only unfurls a link.
    z.object({
      type: z.literal("message"),
      channel_type: z.literal("im"),
      subtype: z.literal("message_changed"),
      message: z.object({ user: z.string(), edited: z.object({}) }),
    }),
  ]),
  authorizations: z.array(z.object({ user_id: z.string() })).default([]),
});

const SlashCommand = z.object({
  command: z.string().startsWith("/"),
  trigger_id: z.string().min(1),
  response_url: z.string().optional(),
  /** Without words it asks for nothing: it opens the form. */
  text: z.string().regex(/\S/),
});

/** What a Socket Mode delivery is to the intake. */
export type Received =
  | { readonly kind: "event"; readonly id: string }
  | { readonly kind: "command"; readonly id: string; readonly responseUrl: string | undefined }
  | { readonly kind: "other" };

export function received(body: unknown): Received {
  const mention = MentionEvent.safeParse(body).data;
  if (mention !== undefined) return { kind: "event", id: mention.event_id };
  const direct = DirectEvent.safeParse(body).data;
  if (direct !== undefined)
    return isOwn(direct) ? { kind: "other" } : { kind: "event", id: direct.event_id };
  const command = SlashCommand.safeParse(body).data;
  if (command === undefined) return { kind: "other" };
  const { trigger_id: triggerId, response_url: responseUrl } = command;
  return { kind: "command", id: commandId(triggerId), responseUrl };
}

/** https://docs.slack.dev/apis/events-api#authorizations: the bot that is told of it. */
function isOwn({ event, authorizations }: z.infer<typeof DirectEvent>): boolean {
  const user = "message" in event ? event.message.user : event.user;
  return authorizations.some(({ user_id: own }) => own === user);
}

/** One for each command; a trigger id opens windows, so it is not stored itself. */
function commandId(triggerId: string): string {
  return `command-${createHash("sha256").update(triggerId).digest("hex").slice(0, 32)}`;
}

const SECRETS = ["token", "trigger_id", "response_url"];

/** The body without what gives whoever reads it a right. */
export function withoutSecrets(
  body: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !SECRETS.includes(name)));
}
