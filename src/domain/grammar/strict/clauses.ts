import { parseDestination } from "../../network/destination.ts";
import type { TypedTerms } from "../../network/terms.ts";
import { type AskedDuration, parseDuration, parseUntil } from "../../time/duration.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";
import { isKnownTeam, type Names, teamWord } from "../names.ts";
import { splitReason } from "../reason/reason.ts";
import { typedForShow, withoutSecrets } from "../reason/redact.ts";

/**
 * The words after `allow` or `check`: the destination, `paths P,P`, `methods M,M`, `originate [PORT]`, `via HOST`, `for TEAM`, `for 30d`,
 * `until DATE`, `in CLUSTER[/NAMESPACE]`, `because …`.
 */
export interface Clauses {
  /** As typed, without the full stop of a sentence; not yet read. */
  readonly destination?: string;
  readonly terms?: TypedTerms;
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
  /** The reason stood between quotation marks: nothing in it is a clause. */
  readonly isLiteral?: true;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

const KEYWORD = /^(?:for|in|until|paths?|methods?|originate|via)(?=[.,;!]*$)/i;
const LIST = /^(?:path|method)/;
/** What may follow `originate`: `tls`, which it is anyway, or the destination's port. */
const ORIGINATE_TO = /^(?:tls|\d{1,5})$/i;

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
    const keyword = KEYWORD.exec(word)?.[0].toLowerCase();
    const value = keyword === undefined ? [] : valueAt(words, at + 1, keyword);
    const problem =
      keyword === undefined
        ? takeBare(clauses, word)
        : takeClause(clauses, { keyword, value: withoutStop(value.join("")) }, names);
    if (problem !== undefined) return problem;
    at += value.length;
  }
  return clauses;
}

/** The words that belong to a keyword: the next one; of a list all that stand between commas; after `originate` a port. */
function valueAt(words: readonly string[], at: number, keyword: string): readonly string[] {
  const next = words[at];
  if (next === undefined) return [];
  if (keyword === "originate") return ORIGINATE_TO.test(withoutStop(next)) ? [next] : [];
  if (!LIST.test(keyword)) return [next];
  const end = words.findIndex((word, place) => place >= at && !word.endsWith(","));
  return words.slice(at, end === -1 ? words.length : end + 1);
}

function setTerm<Key extends keyof TypedTerms>(
  clauses: Mutable<Clauses>,
  key: Key,
  value: NonNullable<TypedTerms[Key]>,
): Refusal | undefined {
  if (clauses.terms?.[key] !== undefined)
    return no("SaidTwice", `${key} is given twice`, "say it once, a list with commas between");
  clauses.terms = { ...clauses.terms, [key]: value };
  return undefined;
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
  { keyword: word, value }: { readonly keyword: string; readonly value: string },
  names: Names,
): Refusal | undefined {
  if (word === "originate")
    return setTerm(clauses, "originate", /^\d/.test(value) ? Number(value) : 443);
  if (value === "" || KEYWORD.test(value)) return missing(word);
  if (word === "in") return takePlace(clauses, value);
  // Not `via port 443`.
  if (word === "via")
    return value.includes(".") ? setTerm(clauses, "via", value) : unknownWord(word);
  if (LIST.test(word))
    return setTerm(clauses, word.startsWith("path") ? "paths" : "methods", value.split(","));
  return word === "until" ? takeUntil(clauses, value) : takeFor(clauses, value, names);
}

/** A time, or a team. */
function takeFor(clauses: Mutable<Clauses>, value: string, names: Names): Refusal | undefined {
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
    "beside the destination there are `paths /v1/*`, `methods GET`, `originate`, `via HOST`, `for TEAM`, `in CLUSTER`, `for 30d` or `until 2027-01-31`, and at the end `because …`",
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
    path: "paths /v1/*,/health",
    paths: "paths /v1/*,/health",
    method: "methods GET,POST",
    methods: "methods GET,POST",
    via: "via front.example.com",
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
