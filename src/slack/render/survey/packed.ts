import type { ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { section } from "../blocks.ts";
import { cutMarkup, literal } from "../text.ts";

/** One thing of many, in a few lines. */
export interface Item {
  /** What it is called where there is no room for it. */
  readonly name: string;
  readonly text: string;
}

/** Characters of one item, of a section, and of all of them: a message may have 12 000. */
const OF_ITEM = 1_200;
const OF_SECTION = 2_800;
const OF_ALL = 10_000;
/** Of the names of those that are left out. */
const OF_NAMES = 800;

/** As many items as fit, and how many more there are, by name; `hint` says how to see them. */
export function packed(text: string, items: readonly Item[], hint: string): ChatMessage {
  const sections: string[] = [];
  let left = OF_ALL;
  let shown = 0;
  for (const { text: whole } of items) {
    const item = cutMarkup(whole, OF_ITEM);
    if (item.length > left) break;
    left -= item.length;
    shown += 1;
    const last = sections.at(-1);
    if (last !== undefined && last.length + item.length + 2 <= OF_SECTION)
      sections[sections.length - 1] = `${last}\n\n${item}`;
    else sections.push(item);
  }
  const blocks: ChatBlock[] = sections.map((each) => section(each));
  const rest = items.slice(shown);
  if (rest.length > 0) blocks.push(section(moreText(rest, hint)));
  return { text, blocks };
}

function moreText(rest: readonly Item[], hint: string): string {
  const names = rest.map(({ name }) => literal(name, 130)).join(", ");
  return `and ${rest.length} more, for which there is no room here: ${cutMarkup(names, OF_NAMES)}. ${hint}`;
}
