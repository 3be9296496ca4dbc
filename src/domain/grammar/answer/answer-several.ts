import { acceptedOf } from "./answer.ts";
import type {
  AllowCommand,
  CheckCommand,
  Command,
  Parsed,
  Reading,
  Suggestion,
} from "../command.ts";
import { type Draft, readingOf } from "../strict/line.ts";
import type { Names } from "../names.ts";
import { readStrictly } from "../strict/strict.ts";
import { lineToCopy, listed, suggest } from "./suggestion.ts";

/** A part of a text that begins with a command, and what it says alone. */
interface Part {
  readonly text: string;
  readonly found: Parsed | Suggestion;
}

/** Several commands in one message are never guessed at: each is offered for itself, or all of it as one reason. */
export function answerSeveral(
  text: string,
  parts: readonly Part[],
  names: Names,
): Parsed | Suggestion {
  const intro = "There are several commands in this message.";
  const requests = parts.flatMap(({ found }) => requestOf(found));
  const literal = literalOf(text, names);
  const asReason =
    literal === undefined
      ? []
      : [`If all of it is one reason, write ${lineToCopy(literal, names)}.`];
  const [first, ...others] = requests;
  if (first === undefined || requests.length < parts.length) {
    const lines = parts.flatMap((part) => linesOf(part, names));
    const each = lines.length === 0 ? "" : `: ${listed(lines, "and")}`;
    return {
      kind: "reply",
      text: [`${intro} Write each in a message of its own${each}.`, ...asReason].join(" "),
    };
  }
  const offered = suggest(
    [first, ...others],
    { intro, isEachItsOwn: true, notes: asReason },
    names,
  );
  return literal === undefined ? offered : { ...offered, others: [...offered.others, literal] };
}

function requestOf(found: Parsed | Suggestion): readonly Reading[] {
  if (found.kind === "suggestion") return [found, ...found.others].slice(0, 1);
  if (found.kind !== "command" || !isRequest(found.command)) return [];
  return [readingOf(draftOf(found.command))];
}

function linesOf({ text, found }: Part, names: Names): readonly string[] {
  const [request] = requestOf(found);
  if (request !== undefined) return [lineToCopy(request, names)];
  const line = text.replaceAll(/\s+/g, " ").replaceAll("`", "'");
  return found.kind === "command" ? [lineToCopy({ line }, names)] : [];
}

/** The first command with everything after it as its reason. */
function literalOf(text: string, names: Names): Reading | undefined {
  const strict = readStrictly(text, names);
  if (strict.kind === "unclear") return acceptedOf(strict.drafts.slice(-1), names)[0];
  if (strict.kind !== "command" || strict.command.kind !== "allow") return undefined;
  return acceptedOf([{ ...draftOf(strict.command), isLiteral: true }], names)[0];
}

function isRequest(command: Command): command is AllowCommand | CheckCommand {
  return command.kind === "allow" || command.kind === "check";
}

function draftOf(command: AllowCommand | CheckCommand): Draft {
  if (command.kind === "check") {
    const { typedHost: _typedHost, ...draft } = command;
    return draft;
  }
  const { typedHost: _typedHost, also, ...draft } = command;
  return also === undefined
    ? draft
    : { ...draft, also: also.map(({ destination }) => destination) };
}
