import { type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import { answerDrafts, answerUnderstood } from "./answer/answer.ts";
import { answerSeveral } from "./answer/answer-several.ts";
import { closest } from "./closest.ts";
import type { CommandKind, Parsed, Suggestion } from "./command.ts";
import type { Names } from "./names.ts";
import { ownWords } from "./delivered/own-words.ts";
import { commandsIn } from "./strict/several-commands.ts";
import { readStrictly, type Strict } from "./strict/strict.ts";
import { commandAt, example, isCommandKind, toCopy, USAGE } from "./strict/usage.ts";
import { aboutCluster } from "./wordy/about-cluster.ts";
import { answerWordy } from "./wordy/answer-wordy.ts";
import { isMiswritten } from "./wordy/host.ts";
import { understand } from "./wordy/understand.ts";

/** Characters. A reason has to fit into a card: https://docs.slack.dev/reference/block-kit/blocks/section-block */
const TEXT_LIMIT = 2000;

/**
 * Plain text (see `unwrap.ts`) → what to do, what to say, or what was probably meant. Only a line of the strict grammar
 * is a command; what is merely understood is a suggestion, and so is what may be read in two ways. Total: it never throws.
 */
export function interpret(text: string, names: Names): Parsed | Suggestion {
  const own = ownWords(text.toWellFormed());
  if (own.length > TEXT_LIMIT) return tooLong(own.length);
  if (own === "")
    return text.trim() === "" ? { kind: "command", command: { kind: "help" } } : onlyQuoted();
  const commands = commandsIn(own, names);
  return commands.length > 1
    ? answerSeveral(
        own,
        commands.map((each) => ({ text: each, found: answerOne(each, names) })),
        names,
      )
    : answerOne(own, names);
}

function answerOne(text: string, names: Names): Parsed | Suggestion {
  const strict = readStrictly(text, names);
  switch (strict.kind) {
    case "command":
      return strict.command.kind === "help" && strict.command.topic === undefined
        ? (answerWordy(understand(text, names), names) ?? strict)
        : strict;
    case "unclear":
      return answerDrafts(
        strict.drafts,
        strict.why ?? "a part of the reason can be read as more than a reason",
        names,
      );
    case "question":
      return answerQuestion(text, strict, names);
    case "refusal":
      return answerRefusal(text, strict.refusal, names);
    case "missing":
      return answerMissing(text, strict, names);
    case "no-command":
      return answerNoCommand(text, names);
    default:
      return strict satisfies never;
  }
}

function answerQuestion(
  text: string,
  { of, clauses }: Extract<Strict, { readonly kind: "question" }>,
  names: Names,
): Parsed | Suggestion {
  const { destination = "", ...others } = clauses;
  const wordy = isMiswritten(destination)
    ? answerWordy(understand(text, names, of), names)
    : undefined;
  return (
    wordy ??
    answerUnderstood({ kind: of, destinations: [destination], clauses: others, notes: [] }, names)
  );
}

/** Refusals of words that may only be in the wrong place, or in other words than the grammar has. */
const WORDY = new Set<RefusalReason>([
  "UnknownWord",
  "SeveralDestinations",
  "DurationInvalid",
  "DateInvalid",
]);

function answerRefusal(text: string, refusal: Refusal, names: Names): Parsed | Suggestion {
  const plain = { kind: "refusal", refusal } as const;
  const isWordy = WORDY.has(refusal.reason) || text.split(/\s+/).some((word) => isMiswritten(word));
  if (!isWordy) return plain;
  const kind = /^check\b/i.test(text) ? "check" : "allow";
  const wordy = understand(text, names, kind);
  const answer = answerWordy(wordy, names);
  if (wordy.kind !== "understood" || wordy.rest.length === 0) return answer ?? plain;
  // Of several one may be among the words that are not understood: a line without it would look like all of them.
  if (wordy.understood.destinations.length > 1) return plain;
  // Not every word is understood, so what is left out may matter.
  return answer?.kind === "suggestion"
    ? {
        kind: "refusal",
        refusal: {
          ...refusal,
          fix: `${refusal.fix}; or leave it out: ${toCopy(answer.line, names)}`,
        },
      }
    : plain;
}

function answerMissing(
  text: string,
  { of, what }: Extract<Strict, { readonly kind: "missing" }>,
  names: Names,
): Parsed | Suggestion {
  const reply = {
    kind: "reply",
    text: `\`${of}\` needs ${what}. For example: ${example(of, names)}`,
  } as const;
  const kind = KIND_WITH_HOST[of];
  if (kind === undefined) return reply;
  const wordy = understand(text, names, kind === "close" ? undefined : kind);
  const said = answerWordy(wordy, names);
  if (said !== undefined) return said;
  const line = kind === "check" ? aboutCluster(text, names) : undefined;
  return line === undefined
    ? reply
    : { kind: "reply", text: `Did you mean ${toCopy(line, names)}?` };
}

/** What is meant where a host follows the word of another command. */
const KIND_WITH_HOST: Partial<Record<CommandKind, "allow" | "check" | "close">> = {
  allow: "allow",
  check: "check",
  status: "check",
  list: "check",
  revoke: "close",
  cancel: "close",
};

const COMMANDS = Object.keys(USAGE);

function answerNoCommand(text: string, names: Names): Parsed | Suggestion {
  const near = nearCommand(text);
  const kind = near?.kind === "allow" || near?.kind === "check" ? near.kind : undefined;
  const intro = kind === undefined ? undefined : `Did you mean \`${kind}\`?`;
  return (
    answerWordy(understand(text, names, kind), names, intro) ?? {
      kind: "reply",
      text: didYouMean(text, near, names),
    }
  );
}

interface Near {
  readonly kind: CommandKind;
  /** What follows it. */
  readonly rest: string;
}

/** The command whose word is miswritten, or whose two words are. */
function nearCommand(text: string): Near | undefined {
  const [, first = "", second = "", behind = ""] = /^(\S+)\s*(\S*)(.*)$/s.exec(text) ?? [];
  const ofTwo = COMMANDS.filter((name) => name.includes(" ")).find((name) => {
    const [one = "", other = ""] = name.split(" ");
    return nearest(first, [one]) !== undefined && nearest(second, [other]) !== undefined;
  });
  const ofOne = nearest(
    first,
    COMMANDS.filter((name) => !name.includes(" ")),
  );
  if (ofTwo !== undefined && isCommandKind(ofTwo)) return { kind: ofTwo, rest: behind.trim() };
  if (ofOne === undefined || !isCommandKind(ofOne)) return undefined;
  return { kind: ofOne, rest: `${second}${behind}` };
}

function nearest(word: string, known: readonly string[]): string | undefined {
  return closest(word.slice(0, 20), known);
}

function didYouMean(text: string, near: Near | undefined, names: Names): string {
  if (near !== undefined) {
    const { kind, rest } = near;
    const meant = `${kind} ${rest}`.trim();
    return `Did you mean \`${kind}\`? For example: ${works(meant, names) ? toCopy(meant, names) : example(kind, names)}`;
  }
  const [, ...words] = text.split(/\s+/);
  const at = words.findIndex((_, index) => commandAt(words.slice(index).join(" ")) !== undefined);
  const said = words.slice(at).join(" ");
  if (at !== -1 && works(said, names)) return `Did you mean ${toCopy(said, names)}?`;
  const [id] = /\bEG-[0-9A-HJKMNP-TV-Z]{5}\b/i.exec(text) ?? [];
  if (id !== undefined) return `Did you mean ${toCopy(`status ${id.toUpperCase()}`, names)}?`;
  const line = aboutCluster(text, names);
  if (line !== undefined) return `Did you mean ${toCopy(line, names)}?`;
  const known = COMMANDS.map((name) => `\`${name}\``).join(", ");
  return `That is not a command I know. There are ${known}. For example: ${example("allow", names)}`;
}

/** Whether it is a command, and fit to be shown as one. */
function works(text: string, names: Names): boolean {
  return text.length <= 300 && !text.includes("`") && readStrictly(text, names).kind === "command";
}

function tooLong(length: number): Parsed {
  const refusal = refuse("TextTooLong", {
    what: "nothing was requested",
    why: `the message has ${length} characters, and at most ${TEXT_LIMIT} are read`,
    fix: "shorten the reason; a link to a ticket says more",
  });
  return { kind: "refusal", refusal };
}

function onlyQuoted(): Parsed {
  const refusal = refuse("OnlyQuoted", {
    what: "nothing was requested",
    why: "the message only quotes, and what others wrote is not asked for by who quotes it",
    fix: "write it yourself, without the quotation mark at the beginning of the line",
  });
  return { kind: "refusal", refusal };
}
