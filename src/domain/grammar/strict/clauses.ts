import { parseDestination } from "../../network/destination.ts";
import { type AskedDuration, parseDuration, parseUntil } from "../../time/duration.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";
import { isKnownTeam, type Names, teamWord } from "../names.ts";
import { splitReason } from "../reason/reason.ts";
import { typedForShow, withoutSecrets } from "../reason/redact.ts";

/** The words after `allow` or `check`: the destination, `for TEAM`, `for 30d`, `until DATE`, `in CLUSTER[/NAMESPACE]`, `because …`. */
export interface Clauses {
  /** As typed, without the full stop of a sentence; not yet read. */
  readonly destination?: string;
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
  /** The reason stood between quotation marks: nothing in it is a clause. */
  readonly isLiteral?: true;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

const KEYWORD = /^(for|in|until)$/i;

/** In any order, each once; everything after `because` is the reason, as it was written but for secrets in its links. */
export function parseClauses(text: string, names: Names): Clauses | Refusal {
  const { head, reason, isLiteral } = splitReason(text);
  const words = head.split(/\s+/).filter((word) => word !== "");
  const clauses: Mutable<Clauses> = {
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
    ...(isLiteral ? { isLiteral } : {}),
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const isKeyword = KEYWORD.test(word);
    const problem = isKeyword
      ? takeClause(clauses, [word, words[at + 1]], names)
      : takeBare(clauses, word);
    if (problem !== undefined) return problem;
    if (isKeyword) at += 1;
  }
  return clauses;
}

/** Without the full stop or comma that a sentence puts after a word. */
export function withoutStop(word: string): string {
  return word.replace(/[.,;!]+$/, "");
}

function takeBare(clauses: Mutable<Clauses>, word: string): Refusal | undefined {
  if (clauses.destination === undefined) {
    clauses.destination = withoutStop(word).replace(/^(["'])(.*)\1$/, "$2");
    return undefined;
  }
  return isRefusal(parseDestination(withoutStop(word))) ? unknownWord(word) : severalDestinations();
}

function takeClause(
  clauses: Mutable<Clauses>,
  [keyword, following]: readonly [string, string | undefined],
  names: Names,
): Refusal | undefined {
  const word = keyword.toLowerCase();
  const value = withoutStop(following ?? "");
  if (value === "" || KEYWORD.test(value)) return missing(word);
  if (word === "in") return takePlace(clauses, value);
  if (word === "until") return takeUntil(clauses, value);
  const ms = parseDuration(value);
  if (ms !== undefined) return setOnce(clauses, "duration", { kind: "for", ms });
  if (/^\d[\da-z]*$/i.test(value) && !isKnownTeam(value.toLowerCase(), names)) {
    return no(
      "DurationInvalid",
      `"${value.slice(0, 40)}" is not a duration`,
      "durations are minutes, hours or days: write it like `for 30m`, `for 12h` or `for 30d`",
    );
  }
  if (/[/:.]/.test(value)) return unknownWord(value);
  return setOnce(clauses, "team", teamWord(value, names));
}

function takePlace(clauses: Mutable<Clauses>, value: string): Refusal | undefined {
  const [cluster = "", namespace, ...rest] = value.toLowerCase().split("/");
  if (cluster === "" || namespace === "" || rest.length > 0) {
    return no(
      "PlaceInvalid",
      `"${echo(value, 130)}" is not a cluster, or a cluster and a namespace`,
      "write it like `in prod` or `in prod/team-x`",
    );
  }
  return (
    setOnce(clauses, "cluster", cluster) ??
    (namespace === undefined ? undefined : setOnce(clauses, "namespace", namespace))
  );
}

function takeUntil(clauses: Mutable<Clauses>, value: string): Refusal | undefined {
  const at = parseUntil(value);
  if (at === undefined)
    return no(
      "DateInvalid",
      `"${echo(value)}" is not a date`,
      "write the day as year-month-day, like `until 2027-01-31` or `until 2027-01-31T12:00Z`, or a duration, like `for 30d`",
    );
  return setOnce(clauses, "duration", { kind: "until", at });
}

function setOnce<Key extends keyof typeof EXAMPLES>(
  clauses: Mutable<Clauses>,
  key: Key,
  value: NonNullable<Clauses[Key]>,
): Refusal | undefined {
  if (clauses[key] !== undefined) {
    return no("SaidTwice", `the ${key} is given twice`, `say it once, like \`${EXAMPLES[key]}\``);
  }
  clauses[key] = value;
  return undefined;
}

const EXAMPLES = {
  team: "for team-x",
  cluster: "in prod",
  namespace: "in prod/team-x",
  duration: "for 30d",
} as const satisfies Partial<Record<keyof Clauses, string>>;

function unknownWord(word: string): Refusal {
  return no(
    "UnknownWord",
    `"${echo(word)}" is not understood there`,
    "beside the destination there are `for TEAM`, `in CLUSTER`, `for 30d` or `until 2027-01-31`, and at the end `because …`",
  );
}

/** What was typed, without what may be a secret. */
function echo(word: string, limit = 40): string {
  return typedForShow(word).slice(0, limit);
}

function severalDestinations(): Refusal {
  return no(
    "SeveralDestinations",
    "it names more than one destination, and a request is for one",
    "ask for each in a message of its own",
  );
}

function missing(word: string): Refusal {
  const examples: Readonly<Record<string, string>> = {
    for: "for team-x` or `for 30d",
    in: "in prod",
    until: "until 2027-01-31",
  };
  return no(
    "ValueMissing",
    `nothing follows "${word}"`,
    `write it like \`${examples[word] ?? ""}\``,
  );
}

function no(reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was requested", why, fix });
}
