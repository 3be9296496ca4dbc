import { parse } from "#src/domain/grammar/parse.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import type { ChatMessage } from "#src/ports/chat.ts";
import type { BotPorts } from "../bot-ports.ts";
import { refusalReply, type CommandReply } from "../commands/command-context.ts";
import { runCommand } from "../commands/run-command.ts";
import { paint } from "../notifier.ts";
import { code, escapeText } from "../render/text.ts";
import { type AskedText, askedText } from "./asked-text.ts";

/**
 * Handles one stored delivery: reads it, does what it says, answers in its thread. Run again after a crash it makes no
 * second request and posts at most the answer once more.
 */
export async function processIntake(ports: BotPorts, id: string, botUserId: string): Promise<void> {
  const item = await ports.intake.get(id);
  const asked = item === undefined ? undefined : askedText(item);
  if (asked !== undefined) await handle(ports, id, { asked, botUserId });
  await ports.intake.done(id);
}

async function handle(
  ports: BotPorts,
  id: string,
  { asked, botUserId }: { readonly asked: AskedText; readonly botUserId: string },
): Promise<void> {
  const threadTs = await threadOf(ports, id, asked);
  if (threadTs === undefined) return;
  const reply = asked.edited ? await editedReply(ports, asked) : undefined;
  const answered = reply ?? (await respond(ports, { asked, threadTs }, botUserId));
  if (answered === undefined) return;
  const surface = { key: "reply", channel: asked.channel, threadTs, message: answered, once: true };
  const [failure] = await paint(ports, `intake-${id}`, [surface]);
  if (failure !== undefined) throw failure.error;
}

async function respond(
  ports: BotPorts,
  context: { readonly asked: AskedText; readonly threadTs: string },
  botUserId: string,
): Promise<CommandReply> {
  const { asked } = context;
  const text = unwrap({ text: asked.text, blocks: asked.blocks, botUserId });
  if (isRefusal(text)) return refusalReply(text);
  const parsed = parse(text);
  switch (parsed.kind) {
    case "command":
      return runCommand(ports, context, parsed.command);
    case "reply":
      return { text: escapeText(parsed.text) };
    case "refusal":
      return refusalReply(parsed.refusal);
    case "ignored":
      return undefined;
    default:
      return parsed satisfies never;
  }
}

/** Slack sends an edited mention again. What it already asked for stands; that is said once. */
async function editedReply(ports: BotPorts, asked: AskedText): Promise<ChatMessage | undefined> {
  const made = await ports.store.bySource(asked.sourceId);
  if (made === undefined) return undefined;
  return {
    text: `Your edit changes nothing: ${code(made.id)} stands as it was first asked. To ask for something else, use ${code(`@sallyport cancel ${made.id}`)} and ask again.`,
  };
}

/**
 * A slash command leaves no message behind, so the bot posts the root of its thread itself, once. Where it may not post,
 * it says how to let it in.
 */
async function threadOf(
  ports: BotPorts,
  id: string,
  asked: AskedText,
): Promise<string | undefined> {
  if (asked.threadTs !== undefined) return asked.threadTs;
  const root: ChatMessage = { text: `<@${asked.by.userId}> asked: ${escapeText(asked.text)}` };
  const surface = {
    key: "root",
    channel: asked.channel,
    threadTs: undefined,
    message: root,
    once: true,
  };
  const [failure] = await paint(ports, `intake-${id}`, [surface]);
  if (failure !== undefined) {
    if (failure.error.code !== "NotInChannel") throw failure.error;
    await answerByUrl(
      asked,
      "Nothing was asked for: I am not in this channel. Invite me with `/invite @sallyport`, then ask again.",
    );
    return undefined;
  }
  return (await ports.surfaces.surfaces(`intake-${id}`)).find(({ key }) => key === "root")?.ts;
}

/** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses: 30 minutes, five times. */
async function answerByUrl(asked: AskedText, text: string): Promise<void> {
  if (asked.responseUrl === undefined) return;
  await fetch(asked.responseUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ response_type: "ephemeral", text }),
    signal: AbortSignal.timeout(5000),
  });
}
