import type { Message } from "#test/simulators/slack/model.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";

/** Where the example configuration has cards. */
export const SECURITY = "C0SECURITY";
/** A busy machine is slow; nothing waits this long where all is well. */
export const LIMIT_MS = 30_000;

export interface Words {
  readonly user?: string;
  readonly channel?: string;
  readonly thread?: string;
  /** After `@sallyport `. */
  readonly text: string;
}

/** A mention, and the first answer to it in its thread. */
export async function answerTo(slack: SlackSimulator, words: Words): Promise<Message> {
  const { user = "alice", channel = "team-x", thread, text } = words;
  const { ts } = slack.mention(user, channel, `@sallyport ${text}`, thread ? { thread } : {});
  return slack.until(
    () =>
      slack.thread(channel, thread ?? ts).find((each) => each.user === BOT_USER_ID && each.ts > ts),
    LIMIT_MS,
  );
}

/** An answer of three parts: what is refused, why, what to do about it. */
export interface Refused {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly message: Message;
}

const PARTS = /^(?<what>.+?[.!?]) Why: (?<why>.+?[.!?]) What to do: (?<fix>.+[.!?])$/s;

export async function refused(slack: SlackSimulator, words: Words): Promise<Refused> {
  const { user = "alice", channel = "team-x", thread, text } = words;
  const { ts } = slack.mention(user, channel, `@sallyport ${text}`, thread ? { thread } : {});
  const message = await slack.until(
    () =>
      slack
        .thread(channel, thread ?? ts)
        .find((each) => each.user === BOT_USER_ID && each.ts > ts && each.text.includes("Why: ")),
    LIMIT_MS,
  );
  return { ...partsOf(message.text), message };
}

/** @throws Error where one of the three is missing. */
export function partsOf(text: string): Omit<Refused, "message"> {
  const { what, why, fix } = PARTS.exec(text)?.groups ?? {};
  if (what === undefined || why === undefined || fix === undefined)
    throw new Error(`not in three parts: ${text}`);
  return { what, why, fix };
}

export interface Asked {
  readonly id: string;
  readonly channel: string;
  readonly ts: string;
}

/** A request whose card is there. */
export async function ask(slack: SlackSimulator, words: Words): Promise<Asked> {
  const { user = "alice", channel = "team-x", text } = words;
  const { ts } = slack.mention(user, channel, `@sallyport ${text}`);
  const id = await slack.until(() => requestIdIn(threadText(slack, channel, ts)), LIMIT_MS);
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return { id, channel, ts };
}

export function card(slack: SlackSimulator, { id }: Pick<Asked, "id">): Message {
  const found = cardOf(slack, SECURITY, id);
  if (found === undefined) throw new Error(`no card of ${id}`);
  return found;
}

/** The code one writes to decide: the card shows it. */
export function codeOf(message: Message): string {
  const code = /plan ([0-9a-f]{8})/.exec(message.text)?.[1];
  if (code === undefined) throw new Error(`no code in ${message.text}`);
  return code;
}

/** Clicks a button of the card, and the whisper that answers. */
export async function clickCard(
  slack: SlackSimulator,
  user: string,
  click: { readonly asked: Pick<Asked, "id">; readonly button: string },
): Promise<string> {
  const before = slack.ephemerals(user).length;
  const { ts } = card(slack, click.asked);
  await slack.click(user, { channel: SECURITY, ts }, click.button);
  return slack.until(() => slack.ephemerals(user)[before]?.message.text, LIMIT_MS);
}

/** Until the request's card says it is in this state. */
export async function inState(
  slack: SlackSimulator,
  asked: Pick<Asked, "id">,
  state: string,
): Promise<void> {
  await slack.until(() => card(slack, asked).text.endsWith(`: ${state}`), 60_000);
}

export async function reads(
  slack: SlackSimulator,
  { channel, ts }: Pick<Asked, "channel" | "ts">,
  pattern: RegExp,
): Promise<string> {
  return slack.until(() => {
    const text = threadText(slack, channel, ts);
    return pattern.test(text) && text;
  }, 60_000);
}
