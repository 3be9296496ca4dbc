import type { ChatMessage } from "#src/ports/chat/chat.ts";
import type { ChatView } from "#src/ports/chat/windows.ts";
import {
  isMessageTooLong,
  messageBlocksProblems,
  textsIn,
  viewProblems,
} from "#test/simulators/slack/block-kit-limits.ts";
import { problemText } from "#test/simulators/slack/text-limits.ts";
import { wire } from "./any-words.ts";

/** https://docs.slack.dev/reference/methods/chat.update: longer texts are refused. */
const TEXT_LIMIT = 4000;
/** https://docs.slack.dev/reference/methods/views.open#errors: `view_too_large`. */
const VIEW_LIMIT = 250_000;

export function problemsOf({ text, blocks }: ChatMessage): readonly string[] {
  const sent = wire(blocks ?? []);
  const texts = textsIn(sent);
  return [
    ...messageBlocksProblems(sent).map(problemText),
    ...(text.length === 0 || text.length > TEXT_LIMIT ? [`text of ${text.length}`] : []),
    ...(isMessageTooLong(sent) ? ["too many characters in all"] : []),
    ...texts.flatMap(tornIn),
    ...[text, ...markupIn(sent)].flatMap(brokenIn),
  ];
}

export function tornIn(text: string): readonly string[] {
  return text.isWellFormed() ? [] : [`half a character in ${JSON.stringify(text.slice(-80))}`];
}

/** What is read as mark-up ends with no half of a mention or of an escaped character. */
function brokenIn(text: string): readonly string[] {
  const isBroken = /(?:<[^<>]*|&[a-z]*)…$/.test(text);
  return [...tornIn(text), ...(isBroken ? [`cut in ${text.slice(-80)}`] : [])];
}

function markupIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Reflect.get(value, "type") === "mrkdwn"
    ? textsIn(value)
    : Object.values(value).flatMap(markupIn);
}

/** What Slack would not take of a window or a Home tab, or would show torn. */
export function viewProblemsOf(view: ChatView): readonly string[] {
  const sent = wire({ ...view });
  const bytes = Buffer.byteLength(JSON.stringify(sent));
  return [
    ...viewProblems(sent).map(problemText),
    ...(bytes >= VIEW_LIMIT ? [`${bytes} bytes`] : []),
    ...textsIn(view).flatMap(tornIn),
    ...markupIn(sent).flatMap(brokenIn),
  ];
}
