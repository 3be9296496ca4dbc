import { recordedBy } from "#src/domain/approval/decision-check.ts";
import { VERDICT_WORDS } from "#src/domain/approval/decision-event.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { typedForShow } from "#src/domain/grammar/reason/redact.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";
import { isRefusal, refuse } from "#src/domain/outcome.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import type { BotPorts } from "../bot-ports.ts";
import { refusalReply, type CommandReply } from "../commands/command-context.ts";
import { runCommand } from "../commands/run-command.ts";
import { namesHere } from "../names-here.ts";
import { type CardNear, cardNear } from "../card-near.ts";
import { paint } from "../notifier.ts";
import { publishHome } from "../home/publish-home.ts";
import { quote, section } from "../render/blocks.ts";
import { notInChannelText } from "../render/form/told.ts";
import { renderSuggestion } from "../render/suggestion.ts";
import { code, escapeText, inline, messageText } from "../render/text.ts";
import { type AppMention, appMention, type AskedText, askedText } from "../commands/asked-text.ts";
import { INTAKE, judgeStored, reportTampering } from "./stored-item.ts";

/**
 * Handles one stored delivery: reads it, does what it says, answers in its thread. Run again after a crash it makes no
 * second request and posts at most the answer once more. What does not have the bot's own signature is not carried out.
 */
export async function processIntake(ports: BotPorts, id: string, botUserId: string): Promise<void> {
  const judged = await judgeStored(ports, id);
  if (judged.kind === "tampered") return reportTampering(ports, id, judged.why);
  const asked = askedText(judged.item);
  // An answer of ours may name us; nobody else is ignored.
  if (asked !== undefined && asked.by.userId !== botUserId) {
    const tooOld = judged.kind === "too-old";
    await (tooOld ? leaveUndone : handle)(ports, id, { asked, botUserId });
  }
  const byNobody = asked === undefined ? appMention(judged.item) : undefined;
  if (byNobody !== undefined) await tellPersonNeeded(ports, byNobody);
  return ports.intake.done(id);
}

/** Once in a thread, and in words that mention nobody: whoever wrote it may answer by itself. */
async function tellPersonNeeded(ports: BotPorts, { channel, threadTs }: AppMention): Promise<void> {
  const message = refusalReply(
    refuse("ByApp", {
      what: "nothing was asked for",
      why: "a workflow or an app wrote this, and a person has to ask for egress",
      fix: "write it yourself; a workflow can show the line to copy",
    }),
  );
  const surface = { key: "reply", channel, threadTs, message, once: true };
  const [failure] = await paint(ports, `app-${channel}:${threadTs}`, [surface]);
  if (failure !== undefined) throw failure.error;
}

interface Delivered {
  readonly asked: AskedText;
  readonly botUserId: string;
}

async function handle(ports: BotPorts, id: string, { asked, botUserId }: Delivered): Promise<void> {
  const threadTs = await threadOf(ports, id, { asked, botUserId });
  if (threadTs === undefined) return;
  const edited = asked.edited ? await editedReply(ports, asked) : undefined;
  const message = edited ?? (await respond(ports, { asked, threadTs }, botUserId));
  if (message === undefined) return;
  // However often a message is edited, one answer says that this changes nothing.
  const subject = edited === undefined ? `intake-${id}` : `edited-${asked.sourceId}`;
  await reply(ports, subject, { asked, threadTs, message });
}

async function reply(
  ports: BotPorts,
  subject: string,
  {
    asked,
    threadTs,
    message,
  }: {
    readonly asked: AskedText;
    readonly threadTs: string;
    readonly message: ChatMessage;
  },
): Promise<void> {
  // A click in Home concerns who clicked alone: the thread is others' too.
  const isHome = asked.surface === "home";
  const place = isHome
    ? { channel: asked.by.userId, threadTs: undefined }
    : { channel: asked.channel, threadTs };
  const [failure] = await paint(ports, subject, [{ key: "reply", ...place, message, once: true }]);
  if (failure !== undefined) throw failure.error;
  if (isHome) await publishHome(ports, asked.by.userId, { notice: message.text });
}

/** What waited for a day may be meant no longer, or somebody put an old one back, which was answered then. */
async function leaveUndone(
  ports: BotPorts,
  id: string,
  { asked, botUserId }: Delivered,
): Promise<void> {
  await ports.store.audit(INTAKE, { actor: "bot", event: "too-old", details: { id } });
  await ports.intake.done(id);
  const threadTs = await threadOf(ports, id, { asked, botUserId });
  if (threadTs === undefined) return;
  const message = refusalReply(
    refuse("TooOld", {
      what: "nothing was done",
      why: "this was written more than a day ago, and could not be handled in that time",
      fix: "write it again if you still want it",
    }),
  );
  await reply(ports, `intake-${id}`, { asked, threadTs, message });
}

async function respond(
  ports: BotPorts,
  context: { readonly asked: AskedText; readonly threadTs: string },
  botUserId: string,
): Promise<CommandReply> {
  const { asked } = context;
  const text = unwrap({ text: asked.text, blocks: asked.blocks, botUserId });
  if (isRefusal(text)) return refusalReply(text);
  const near = DECIDING.test(text) ? await cardNear(ports, context) : undefined;
  const names = namesHere(ports.config, asked);
  const parsed = interpret(text, near?.here === true ? { ...names, code: near.code } : names);
  switch (parsed.kind) {
    case "command":
      return runCommand(ports, context, parsed.command);
    case "reply":
      return { text: messageText(`${escapeText(parsed.text)}${cardElsewhere(near)}`) };
    case "suggestion":
      return renderSuggestion(parsed, asked.by.userId);
    case "refusal":
      return refusalReply(parsed.refusal);
    case "ignored":
      return undefined;
    default:
      return parsed satisfies never;
  }
}

/** Decides, or is meant to, by the code of a card. */
const DECIDING = /^(?:ap+r|den|rej)/i;

function cardElsewhere(near: CardNear | undefined): string {
  if (near?.here !== false || near.link === undefined) return "";
  return ` It is written in the thread of the card: <${near.link.url}|${escapeText(near.link.text)}>.`;
}

/** Slack sends an edited mention again. What it already asked for or decided stands; that is said once. */
async function editedReply(ports: BotPorts, asked: AskedText): Promise<ChatMessage | undefined> {
  const made = await ports.store.bySource(asked.sourceId);
  if (made === undefined) return editedDecision(ports, asked);
  return {
    text: `Your edit changes nothing: ${code(made.id)} stands as it was first asked. To ask for something else, use ${code(`@sallyport cancel ${made.id}`)} and ask again.`,
  };
}

async function editedDecision(
  ports: BotPorts,
  { sourceId, by }: AskedText,
): Promise<ChatMessage | undefined> {
  for (const record of await ports.store.list({})) {
    const decision = recordedBy(record, sourceId);
    if (decision === undefined) continue;
    return {
      text: `Your edit changes nothing: ${code(record.id)} was ${VERDICT_WORDS[decision.verdict]} by <@${by.userId}> with this message as it was first written, and that stands. See ${code(`@sallyport status ${record.id}`)}.`,
    };
  }
  return undefined;
}

/**
 * A slash command or a form leaves no message behind, so the bot posts what was asked itself, once: the root of its thread,
 * or in the thread of the message the form was opened from. Where it may not post, it says how to let it in.
 */
async function threadOf(
  ports: BotPorts,
  id: string,
  { asked, botUserId }: Delivered,
): Promise<string | undefined> {
  const hasThread = asked.surface === "mention" || asked.surface === "home";
  if (hasThread && asked.threadTs !== undefined) return asked.threadTs;
  const surface = {
    key: "root",
    channel: asked.channel,
    threadTs: asked.threadTs,
    message: rootOf(asked, botUserId),
    once: true,
  };
  const [failure] = await paint(ports, `intake-${id}`, [surface]);
  if (failure !== undefined) {
    if (failure.error.code !== "NotInChannel") throw failure.error;
    await tellNotIn(ports, id, asked);
    return undefined;
  }
  if (asked.threadTs !== undefined) return asked.threadTs;
  return (await ports.surfaces.surfaces(`intake-${id}`)).find(({ key }) => key === "root")?.ts;
}

/** A form has no address to answer at: who sent it is told in person. */
async function tellNotIn(ports: BotPorts, id: string, asked: AskedText): Promise<void> {
  if (asked.surface !== "form") {
    await ports.directAnswers.answer(id, NOT_IN_CHANNEL);
    return;
  }
  const typed = unwrap({ text: asked.text, blocks: [], botUserId: "" });
  const message = { text: notInChannelText(asked.channel, isRefusal(typed) ? "" : typed) };
  const surface = {
    key: "told",
    channel: asked.by.userId,
    threadTs: undefined,
    message,
    once: true,
  };
  await paint(ports, `intake-${id}`, [surface]);
}

const NOT_IN_CHANNEL =
  "Nothing was asked for: I am not in this channel. Invite me with `/invite @sallyport`, then ask again.";

/** What was asked, as it was typed, but for what opens something elsewhere; nothing in it is markup. */
function rootOf(asked: AskedText, botUserId: string): ChatMessage {
  const typed = unwrap({ text: asked.text, blocks: asked.blocks, botUserId });
  const words = isRefusal(typed) ? "something that cannot be shown" : typedForShow(typed);
  return {
    text: `<@${asked.by.userId}> asked: ${inline(words, 300)}`,
    blocks: [section(`<@${asked.by.userId}> asked Sallyport:`), quote("/egress", words, 3000)],
  };
}
