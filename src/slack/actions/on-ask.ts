import type { App, BlockAction, ButtonAction } from "@slack/bolt";
import { digest } from "#src/domain/canonical.ts";
import type { Command } from "#src/domain/grammar/command.ts";
import type { Names } from "#src/domain/grammar/names.ts";
import { readStrictly } from "#src/domain/grammar/strict/strict.ts";
import type { BotPorts } from "../bot-ports.ts";
import type { AskedText } from "../commands/asked-text.ts";
import { runCommand } from "../commands/run-command.ts";
import { namesHere } from "../names-here.ts";
import { paint } from "../notifier.ts";
import { ASK_THIS, decodeAsk } from "../render/suggestion.ts";
import { code, escapeText, messageText } from "../render/text.ts";
import { slackTime } from "../slack-time.ts";
import { answer } from "./click.ts";
import { handled } from "./handled-click.ts";

/** A click on Ask this, as far as it is believed. */
interface AskClick {
  readonly by: AskedText["by"];
  readonly at: number;
  readonly channel: string;
  readonly messageTs: string;
  readonly threadTs: string;
  readonly line: string;
  /** Who wrote what the line was made from. */
  readonly writer: string;
}

/** The buttons under what was probably meant: the click is as if its writer had written the line. */
export function registerAsk(app: App, ports: BotPorts): void {
  app.action<BlockAction<ButtonAction>>(
    new RegExp(`^${ASK_THIS}`),
    async ({ ack, body, action }) => {
      await ack();
      const click = toAskClick(body, action);
      if (click === undefined) return;
      await handled(
        ports.log,
        { line: click.line },
        {
          async work() {
            const problem = await ask(ports, click);
            if (problem !== undefined) await answer(ports, click, { text: problem });
          },
          say: (text) => answer(ports, click, { text }),
        },
      );
    },
  );
}

function toAskClick(
  { message, channel, user, team }: BlockAction<ButtonAction>,
  action: ButtonAction,
): AskClick | undefined {
  const value = decodeAsk(action.value ?? "");
  if (value === undefined || message === undefined || channel === undefined) return undefined;
  return {
    by: { userId: user.id, teamId: user.team_id ?? team?.id ?? "" },
    at: slackTime(action.action_ts),
    channel: channel.id,
    messageTs: message.ts,
    threadTs: typeof message["thread_ts"] === "string" ? message["thread_ts"] : message.ts,
    line: value.line,
    writer: value.by,
  };
}

/** What there is to say to who clicked alone, if anything. */
async function ask(ports: BotPorts, click: AskClick): Promise<string | undefined> {
  const { by, line, writer, channel, threadTs, messageTs } = click;
  const written = code(escapeText(`@sallyport ${line}`));
  if (by.userId !== writer)
    return messageText(
      `Not asked: only <@${writer}>, who wrote it, can press this. Write it yourself: ${written}`,
    );
  const command = askable(line, namesHere(ports.config, click));
  if (command === undefined)
    return "Not asked: this button carries no request. Write what you need yourself.";
  const asked = askedByClick(click);
  const message = await runCommand(ports, { asked, threadTs }, command);
  if (message !== undefined)
    await paint(ports, asked.sourceId, [{ key: "reply", channel, threadTs, message, once: true }]);
  await ports.chat.update(channel, messageTs, {
    text: messageText(`<@${writer}> asked: ${escapeText(line)}`),
  });
  return undefined;
}

/** A line of the strict grammar that only asks: what somebody else put into the button decides nothing. */
function askable(line: string, names: Names): Command | undefined {
  const read = readStrictly(line, names);
  const asks = read.kind === "command" && ["allow", "check"].includes(read.command.kind);
  return asks ? read.command : undefined;
}

/** The same however often it is pressed: a line is asked for once. */
function askedByClick({ by, at, channel, threadTs, messageTs, line }: AskClick): AskedText {
  const sourceId = `${channel}:${messageTs}:${digest(line).slice(0, 16)}`;
  return {
    by,
    byApp: false,
    channel,
    threadTs,
    sourceId,
    at,
    edited: false,
    text: line,
    blocks: [],
    surface: "mention",
    delivery: { id: sourceId, receivedAt: at },
  };
}
