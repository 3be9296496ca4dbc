import { createHash } from "node:crypto";
import { z } from "zod";

const MentionEvent = z.object({
  type: z.literal("event_callback"),
  event_id: z.string().min(1),
  event: z.object({ type: z.literal("app_mention") }),
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
  const command = SlashCommand.safeParse(body).data;
  if (command === undefined) return { kind: "other" };
  const { trigger_id: triggerId, response_url: responseUrl } = command;
  return { kind: "command", id: commandId(triggerId), responseUrl };
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
