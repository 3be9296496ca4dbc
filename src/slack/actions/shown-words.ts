import type { ChatMessage } from "#src/ports/chat/chat.ts";

/** Fields that say nothing of a card; what a button stands for does: https://docs.slack.dev/reference/block-kit/blocks */
const LEFT_OUT: ReadonlySet<string> = new Set(["block_id", "accessibility_label"]);

const EMOJI = /\p{Extended_Pictographic}/u;

/**
 * Whether blocks Slack gave back say what these say: every text and every button, in the same kinds of blocks, in the same
 * order, and nothing beside it. Slack adds ids, encodes `&`, `<` and `>`
 * (https://docs.slack.dev/messaging/formatting-message-text#escaping) and may write an emoji by its name: none of that is
 * another card.
 */
export function sayTheSame(ours: ChatMessage["blocks"], given: readonly unknown[]): boolean {
  const expected = wordsOf(ours ?? []);
  const found = wordsOf(given);
  return (
    expected.length === found.length &&
    expected.every((words, at) => asRead(words, words) === asRead(found[at] ?? "", words))
  );
}

/** Every string of a tree, with the field it is in. */
function wordsOf(value: unknown, field = ""): readonly string[] {
  if (typeof value === "string") return [`${field}: ${value}`];
  if (Array.isArray(value)) return value.flatMap((each) => wordsOf(each, field));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => !LEFT_OUT.has(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, each]) => wordsOf(each, key));
}

function asRead(words: string, ours: string): string {
  const decoded = words
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ")
    .trim();
  return EMOJI.test(ours)
    ? decoded.replaceAll(/:[\w+'\-]+:|\p{RGI_Emoji}|\p{Extended_Pictographic}|\u{FE0F}/gv, "")
    : decoded;
}
