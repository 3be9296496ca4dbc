import { parseDuration, parseUntil, type AskedDuration } from "../duration.ts";
import { type Refusal, refuse } from "../outcome.ts";

/** What may follow a destination: `for TEAM`, `for 30d`, `until DATE`, `in CLUSTER[/NAMESPACE]`, `because …`. */
export interface Clauses {
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly duration?: AskedDuration;
  readonly reason?: string;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

/** In any order, each once; everything after `because` is the reason, as it was written. */
export function parseClauses(text: string): Clauses | Refusal {
  const split = /^(?<head>.*?)(?:^|\s)because\b:?\s*(?<reason>.*)$/is.exec(text);
  const words = (split?.groups?.["head"] ?? text).split(/\s+/).filter((word) => word !== "");
  const clauses: Mutable<Clauses> = {};
  const reason = split?.groups?.["reason"]?.trim();
  if (reason !== undefined && reason !== "") clauses.reason = reason;
  for (let at = 0; at < words.length; at += 2) {
    const problem = take(clauses, words[at] ?? "", words[at + 1]);
    if (problem !== undefined) return problem;
  }
  return clauses;
}

function take(
  clauses: Mutable<Clauses>,
  keyword: string,
  value: string | undefined,
): Refusal | undefined {
  const word = keyword.toLowerCase();
  if (word !== "for" && word !== "in" && word !== "until") return unknownWord(keyword);
  if (value === undefined) return missing(word);
  if (word === "in") return takePlace(clauses, value);
  if (word === "until") return takeUntil(clauses, value);
  const ms = parseDuration(value);
  if (ms !== undefined) return setOnce(clauses, "duration", { kind: "for", ms });
  if (/^\d/.test(value)) {
    return no(
      "DurationInvalid",
      `"${value.slice(0, 40)}" is not a duration`,
      "write it like `for 30m`, `for 12h` or `for 30d`",
    );
  }
  return setOnce(clauses, "team", value.toLowerCase());
}

function takePlace(clauses: Mutable<Clauses>, value: string): Refusal | undefined {
  const [cluster = "", namespace] = value.toLowerCase().split("/");
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
      `"${value.slice(0, 40)}" is not a date`,
      "write it like `until 2027-01-31` or `until 2027-01-31T12:00Z`",
    );
  return setOnce(clauses, "duration", { kind: "until", at });
}

function setOnce<Key extends keyof Clauses>(
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

const EXAMPLES: Readonly<Record<keyof Clauses, string>> = {
  team: "for team-x",
  cluster: "in prod",
  namespace: "in prod/team-x",
  duration: "for 30d",
  reason: "because …",
};

function unknownWord(word: string): Refusal {
  return no(
    "UnknownWord",
    `"${word.slice(0, 40)}" is not understood there`,
    "after the destination come `for TEAM`, `in CLUSTER`, `for 30d` or `until 2027-01-31`, and at the end `because …`",
  );
}

function missing(word: "for" | "in" | "until"): Refusal {
  const examples = { for: "for team-x` or `for 30d", in: "in prod", until: "until 2027-01-31" };
  return no("ValueMissing", `nothing follows "${word}"`, `write it like \`${examples[word]}\``);
}

function no(reason: string, why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was requested", why, fix });
}
