import type { TypedTerms } from "../../network/terms.ts";
import { type AskedDuration, parseDuration, parseUntil } from "../../time/duration.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import type { RefusalReason } from "../../refusal-reasons.ts";
import { isKnownTeam, type Names, teamWord } from "../names.ts";
import { splitReason } from "../reason/reason.ts";
import {
  bareOf,
  isDestination,
  isInList,
  isJoined,
  isJoint,
  isLikeOne,
  withoutStop,
  wordsOf,
} from "./joined-words.ts";
import { typedForShow, withoutSecrets } from "../reason/redact.ts";

/**
 * The words after `allow` or `check`: the destinations, `paths P,P`, `methods M,M`, `originate [PORT]`, `via HOST`, `for TEAM`, `for 30d`,
 * `until DATE`, `in CLUSTER[/NAMESPACE]`, `because …`.
 */
export interface Clauses {
  /** As typed, without the full stop of a sentence; not yet read. */
  readonly destination?: string;
  /** Of several destinations, what is written right behind none of them. */
  readonly terms?: TypedTerms;
  /** All of them, where there are several. */
  readonly several?: readonly TypedPart[];
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
  /** The reason stood between quotation marks: nothing in it is a clause. */
  readonly isLiteral?: true;
}

/** One of several destinations, and what is written right behind it. */
export interface TypedPart {
  readonly typed: string;
  readonly terms: TypedTerms;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

const KEYWORD = /^(?:for|in|until|paths?|methods?|originate|via)(?=[.,;!]*$)/i;
const LIST = /^(?:path|method)/;
/** What may follow `originate`: `tls`, which it is anyway, or the destination's port. */
const ORIGINATE_TO = /^(?:tls|\d{1,5})$/i;

/** In any order, each once; everything after `because` is the reason, as it was written but for secrets in its links. */
export function parseClauses(text: string, names: Names): Clauses | Refusal {
  const { head, reason, isLiteral } = splitReason(text);
  const words = wordsOf(head);
  const parts: TypedPart[] = [];
  const clauses: Mutable<Clauses> = {
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
    ...(isLiteral ? { isLiteral } : {}),
  };
  let isBehind = false;
  for (let at = 0; at < words.length; at += 1) {
    if (isJoint(words, at, parts.length > 0)) continue;
    const said = saidAt(words, at);
    const isTerm = TERM.test(said.keyword);
    const isBare = said.keyword === "";
    const problem = isBare
      ? takeBare(parts, words[at] ?? "", isJoined(words, at))
      : isTerm
        ? takeTerm(isBehind ? parts : [], clauses, said)
        : takeClause(clauses, said, names);
    if (problem !== undefined) return problem;
    isBehind = isBare || (isBehind && isTerm);
    at += said.words;
  }
  return withParts(clauses, parts);
}

/** The keyword of a clause and its value; no keyword where the word is none. */
function saidAt(
  words: readonly string[],
  at: number,
): { readonly keyword: string; readonly value: string; readonly words: number } {
  const keyword = KEYWORD.exec(words[at] ?? "")?.[0].toLowerCase() ?? "";
  const value = keyword === "" ? [] : valueAt(words, at + 1, keyword);
  return { keyword, value: withoutStop(value.join("")), words: value.length };
}

/** One destination has what is said of it wherever it stands. */
function withParts(clauses: Clauses, parts: readonly TypedPart[]): Clauses | Refusal {
  const [first, ...more] = parts;
  if (first === undefined) return clauses;
  const destination = first.typed;
  if (more.length > 0) return { ...clauses, destination, several: parts };
  const twice = Object.keys(first.terms).find((key) => Object.hasOwn(clauses.terms ?? {}, key));
  if (twice !== undefined) return saidTwice(twice);
  const terms = { ...clauses.terms, ...first.terms };
  return { ...clauses, destination, ...(Object.keys(terms).length === 0 ? {} : { terms }) };
}

/** The words that belong to a keyword: the next one; of a list all that stand between commas; after `originate` a port. */
function valueAt(words: readonly string[], at: number, keyword: string): readonly string[] {
  const next = words[at];
  if (next === undefined) return [];
  if (keyword === "originate") return ORIGINATE_TO.test(withoutStop(next)) ? [next] : [];
  if (!LIST.test(keyword)) return [next];
  const end = words.findIndex(
    (word, place) => place >= at && !(word.endsWith(",") && isInList(words[place + 1])),
  );
  return words.slice(at, end === -1 ? words.length : end + 1);
}

const TERM = /^(?:path|method|originate|via)/;

/** Of the destination it stands right behind, if there is one. */
function takeTerm(
  parts: TypedPart[],
  clauses: Mutable<Clauses>,
  { keyword, value }: { readonly keyword: string; readonly value: string },
): Refusal | undefined {
  const term = termOf(keyword, value);
  if (isRefusal(term)) return term;
  const part = parts.at(-1);
  const said = (part === undefined ? clauses.terms : part.terms) ?? {};
  const twice = Object.keys(term).find((key) => Object.hasOwn(said, key));
  if (twice !== undefined) return saidTwice(twice);
  if (part === undefined) clauses.terms = { ...said, ...term };
  else parts.splice(-1, 1, { ...part, terms: { ...said, ...term } });
  return undefined;
}

function termOf(keyword: string, value: string): TypedTerms | Refusal {
  if (keyword === "originate") return { originate: /^\d/.test(value) ? Number(value) : 443 };
  if (value === "" || KEYWORD.test(value)) return missing(keyword);
  // Not `via port 443`.
  if (keyword === "via") return value.includes(".") ? { via: value } : unknownWord(keyword);
  return keyword.startsWith("path") ? { paths: value.split(",") } : { methods: value.split(",") };
}

function saidTwice(what: string): Refusal {
  return no("SaidTwice", `${what} is given twice`, "say it once, with commas between");
}

/** Several destinations are joined: two words beside each other may be anything. */
function takeBare(parts: TypedPart[], word: string, isAfterJoint: boolean): Refusal | undefined {
  if (parts.length > 0 && !(isAfterJoint && isLikeOne(word)))
    return isDestination(word) ? severalDestinations() : unknownWord(word);
  parts.push({ typed: bareOf(word), terms: {} });
  return undefined;
}

function takeClause(
  clauses: Mutable<Clauses>,
  { keyword: word, value }: { readonly keyword: string; readonly value: string },
  names: Names,
): Refusal | undefined {
  if (value === "" || KEYWORD.test(value)) return missing(word);
  if (word === "in") return takePlace(clauses, value);
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
  if (OWN_CERTIFICATES.test(word))
    return no(
      "OwnCertificates",
      "the gateway verifies a destination against the certificate authorities every system trusts, and shows no certificate of its own: others cannot be named yet",
      "ask without it where that is enough; else let the app itself speak TLS, and ask for `HOST:443`",
    );
  return no(
    "UnknownWord",
    `"${echo(word)}" is not understood there`,
    "beside the destination there are `paths /v1/*`, `methods GET`, `originate`, `via HOST`, `for TEAM`, `in CLUSTER`, `for 30d` or `until 2027-01-31`, and at the end `because …`",
  );
}

const OWN_CERTIFICATES = /^(?:ca|client-?cert)$/i;

/** What was typed, without what may be a secret. */
function echo(word: string, limit = 40): string {
  return typedForShow(word).slice(0, limit);
}

function severalDestinations(): Refusal {
  return no(
    "SeveralDestinations",
    "it names more than one destination, and says not that all of them are meant",
    "put commas between them, `and`, or each in a line of its own",
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
