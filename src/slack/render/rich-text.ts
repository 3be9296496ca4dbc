import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { cut } from "./text.ts";

/*
 * Rich text: no character a person typed, or put into an object of a cluster, is taken for mark-up in it.
 * https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */

/** A command to copy. */
const CODE = /(`[^`]+`)/;

/** A text with commands between backticks, as elements of a section. */
export function textElements(text: string, style: object = {}): readonly object[] {
  return text
    .split(CODE)
    .filter((part) => part !== "")
    .map((part) =>
      CODE.test(part)
        ? { type: "text", text: part.slice(1, -1), style: { code: true } }
        : { type: "text", text: part, ...style },
    );
}

/** Commands are longer than what is said about them: one of which a part is missing is not shown at all. */
const LONGEST_STEP = 800;

/**
 * Steps in their order, numbered, as far as they fit: those that do not are counted, and `rest` says where they are.
 * `limit`: characters of all of them.
 */
export function stepLines(
  steps: readonly string[],
  { limit, rest }: { readonly limit: number; readonly rest: string },
): readonly ChatBlock[] {
  const lines: string[] = [];
  let left = limit;
  for (const [at, step] of steps.entries()) {
    const line = `${at + 1}. ${withoutLongCommand(step)}\n`;
    if (line.length > left) break;
    left -= line.length;
    lines.push(line);
  }
  const more = steps.length - lines.length;
  const shown = more === 0 ? lines : [...lines, `${more} more: ${rest}\n`];
  return shown.map((line) => ({ type: "rich_text_section", elements: textElements(line) }));
}

function withoutLongCommand(step: string): string {
  return step.length <= LONGEST_STEP ? step : cut(step.replaceAll(/`[^`]*`/g, ""), LONGEST_STEP);
}
