import type { Parsed } from "#src/domain/grammar/command.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import type { Names } from "#src/domain/grammar/names.ts";

/** What a text is, where a suggestion is no more than its words. */
export function parse(text: string, names: Names = {}): Parsed {
  const found = interpret(text, names);
  return found.kind === "suggestion" ? { kind: "reply", text: found.text } : found;
}
