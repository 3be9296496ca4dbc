import type { Message } from "#test/simulators/slack/model.ts";
import { messageLines } from "#test/simulators/slack/rendering.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";

/** The text of a thread as people read it, one message after the other. */
export function threadText(slack: SlackSimulator, channel: string, ts: string): string {
  return slack
    .thread(channel, ts)
    .map((message) => `${message.text}\n${JSON.stringify(message.blocks ?? [])}`)
    .join("\n");
}

export function requestIdIn(text: string): string | undefined {
  return /EG-[0-9A-HJKMNP-TV-Z]{5}/.exec(text)?.[0];
}

/** The newest card of a request in a channel. */
export function cardOf(slack: SlackSimulator, channel: string, id: string): Message | undefined {
  return slack
    .messages(channel)
    .findLast((message) => message.text.startsWith(`${id}: `) && (message.blocks ?? []).length > 1);
}

/** The lines of a message as people read them, without its buttons. */
export function readLines(
  { world }: Pick<SlackSimulator, "world">,
  message: Message,
): readonly string[] {
  const blocks = message.blocks?.filter(({ type }) => type !== "actions");
  return messageLines(world, { ...message, ...(blocks === undefined ? {} : { blocks }) });
}

/** How many words that is; a sign between words is none. */
export function wordsIn(slack: Pick<SlackSimulator, "world">, message: Message): number {
  return readLines(slack, message)
    .flatMap((line) => line.split(/\s+/u))
    .filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}
