import { isJsonObject, objectOf, objectsOf, stringOf } from "#test/simulators/slack/json.ts";
import type { JsonObject } from "#test/simulators/slack/json.ts";
import type { Message } from "#test/simulators/slack/model.ts";
import type { SayOptions } from "#test/simulators/slack/person.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { LIMIT_MS } from "#test/support/people.ts";

/* What somebody does in Slack, and what they are answered. */

/** Clicks a button as their Slack shows the message, and submits the window it opens. */
export async function clicked(
  slack: SlackSimulator,
  user: string,
  { message, button }: { readonly message: Message; readonly button: string },
): Promise<string> {
  const before = slack.ephemerals(user).length;
  function whisper(): string | undefined {
    return slack.ephemerals(user)[before]?.message.text;
  }
  await slack.click(user, message, button, { staleMessage: message });
  await slack.until(() => whisper() !== undefined || slack.modal(user) !== undefined, LIMIT_MS);
  if (slack.modal(user) !== undefined) await slack.submit(user, { text: "because" });
  return slack.until(whisper, LIMIT_MS);
}

/** A thread, or a channel. */
export interface Place {
  readonly channel: string;
  readonly thread?: string;
}

/** Writes `@sallyport …` there. */
export async function wrote(
  slack: SlackSimulator,
  user: string,
  { line, at, app }: { readonly line: string; readonly at: Place } & Pick<SayOptions, "app">,
): Promise<string> {
  const { channel, thread } = at;
  const options = {
    ...(thread === undefined ? {} : { thread }),
    ...(app === undefined ? {} : { app }),
  };
  const { ts } = slack.mention(user, channel, `@sallyport ${line}`, options);
  return answered(slack, { channel, thread: thread ?? ts, after: ts });
}

/** Slack tells Sallyport now what was written in a thread long ago, such as when it was not reached all the time. */
export async function wroteBefore(
  slack: SlackSimulator,
  user: string,
  written: { readonly line: string; readonly at: Required<Place>; readonly ts: string } & Pick<
    SayOptions,
    "app"
  >,
): Promise<string> {
  const { line, at, ts, app } = written;
  const { id, teamId } = slack.world.user(user);
  const after = slack.world.nextTs();
  await slack.rawEvent({
    type: "app_mention",
    user: id,
    team: teamId,
    ...app,
    text: `<@${BOT_USER_ID}> ${line}`,
    ts,
    channel: at.channel,
    thread_ts: at.thread,
    event_ts: ts,
  });
  return answered(slack, { ...at, after });
}

/** Writes `/egress …` there. */
export async function commanded(
  slack: SlackSimulator,
  user: string,
  { line, channel }: { readonly line: string; readonly channel: string },
): Promise<string> {
  const { id } = slack.world.user(user);
  const after = slack.world.nextTs();
  await slack.slash(user, channel, `/egress ${line}`);
  const root = await slack.until(
    () =>
      slack
        .messages(channel)
        .find(({ ts, text }) => ts > after && text.startsWith(`<@${id}> asked: ${line}`)),
    LIMIT_MS,
  );
  return answered(slack, { channel, thread: root.ts, after: root.ts });
}

async function answered(
  slack: SlackSimulator,
  { channel, thread, after }: Required<Place> & { readonly after: string },
): Promise<string> {
  const { text } = await slack.until(
    () =>
      slack.thread(channel, thread).find((each) => each.user === BOT_USER_ID && each.ts > after),
    LIMIT_MS,
  );
  return text;
}

/** What the buttons of a card carry. */
export interface Value {
  readonly id: string;
  readonly digest: string;
}

export function valueOf({ blocks = [] }: Message): Value {
  const found = blocks
    .flatMap((block) => objectsOf(block["elements"]))
    .map((element) => stringOf(element["value"]))
    .find((value) => value !== undefined);
  if (found === undefined) throw new Error("a message without buttons");
  return JSON.parse(found) as Value;
}

/** The same message, whose buttons carry something else. */
export function withValue(message: Message, changed: Partial<Value>): Message {
  const value = JSON.stringify({ ...valueOf(message), ...changed });
  return {
    ...message,
    blocks: (message.blocks ?? []).map((block) =>
      Array.isArray(block["elements"]) ? { ...block, elements: carrying(block, value) } : block,
    ),
  };
}

function carrying(block: JsonObject, value: string): readonly unknown[] {
  return objectsOf(block["elements"]).map((element) =>
    "value" in element ? { ...element, value } : element,
  );
}

/** The same message, which shows another host. */
export function withWords(message: Message, from: string, to: string): Message {
  return { ...message, text: message.text.replaceAll(from, to) };
}

/** The same message posted once more, there. */
export function postedAgain(
  { world }: SlackSimulator,
  message: Message,
  change: Partial<Message> = {},
): Message {
  return world.putMessage({ ...message, ts: world.nextTs(), ...change });
}

/** What a message shows, without the ids Slack gives its blocks. */
export function shownIn(message: Message | undefined): unknown {
  return message && { text: message.text, blocks: message.blocks?.map(withoutIds) };
}

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (!isJsonObject(value)) return value;
  const { block_id: _, ...rest } = objectOf(value);
  return Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, withoutIds(each)]));
}
