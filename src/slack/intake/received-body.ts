import { z } from "zod";

const MentionEvent = z.object({
  type: z.literal("event_callback"),
  event_id: z.string().min(1),
  event: z.object({ type: z.literal("app_mention") }),
});

const SlashCommand = z.object({
  command: z.string().startsWith("/"),
  trigger_id: z.string().min(1),
});

/** What a Socket Mode delivery is to the intake. */
export const ReceivedBody = z
  .unknown()
  .transform((body): { kind: "event" | "command"; id: string } | { kind: "other" } => {
    const mention = MentionEvent.safeParse(body);
    if (mention.success) return { kind: "event", id: mention.data.event_id };
    const command = SlashCommand.safeParse(body);
    if (command.success) return { kind: "command", id: `command-${command.data.trigger_id}` };
    return { kind: "other" };
  });
