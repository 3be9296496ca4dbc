import type { Parsed } from "./command.ts";
import { interpret } from "./interpret.ts";
import type { Names } from "./names.ts";
import { suggestionAsReply } from "./answer/suggestion.ts";

export type { Names } from "./names.ts";

/** Plain text (see `unwrap.ts`) → what to do, or what to say. Total: it never throws, whatever the text. */
export function parse(text: string, names: Names = {}): Parsed {
  return suggestionAsReply(interpret(text, names));
}
