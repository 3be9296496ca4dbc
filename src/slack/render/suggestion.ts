import { z } from "zod";
import { isComplete } from "#src/domain/grammar/answer/suggestion.ts";
import type { Suggestion } from "#src/domain/grammar/command.ts";
import { jsonIn } from "#src/domain/json.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { buttons, section } from "./blocks.ts";
import { escapeText, messageText } from "./text.ts";

/** Each button of a message has an id of its own: it is followed by a number. */
export const ASK_THIS = "ask_this_";

/** What such a button carries: a line of the strict grammar, which is read again, and who wrote what it was made from. */
const AskValue = z.object({ line: z.string(), by: z.string() });
export type AskValue = z.infer<typeof AskValue>;

/** Characters: https://docs.slack.dev/reference/block-kit/block-elements/button-element */
const MOST_IN_VALUE = 2000;
/** Buttons of one message; the lines themselves stand in its text. */
const MOST_BUTTONS = 5;

/** What was probably meant, with a button for each line that can be asked as it stands. */
export function renderSuggestion(found: Suggestion, writer: string): ChatMessage {
  const text = messageText(escapeText(found.text));
  const asks = [found, ...found.others]
    .filter((reading) => isComplete(reading))
    .map(({ line }) => ({ line, value: JSON.stringify({ line, by: writer } satisfies AskValue) }))
    .filter(({ value }) => value.length <= MOST_IN_VALUE)
    .slice(0, MOST_BUTTONS);
  if (asks.length === 0) return { text };
  const row = asks.map(({ line, value }, index) => ({
    actionId: `${ASK_THIS}${index}`,
    text: asks.length === 1 ? "Ask this" : `Ask this: ${line}`,
    value,
    label: `Ask this: ${line}`,
  }));
  return { text, blocks: [section(text), buttons(...row)] };
}

export function decodeAsk(value: string): AskValue | undefined {
  return AskValue.safeParse(jsonIn(value)).data;
}
