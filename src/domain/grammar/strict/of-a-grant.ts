import { parseLimits } from "../../network/limits.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import { type AskedDuration, parseDuration, parseUntil } from "../../time/duration.ts";
import type { AmendCommand, RenewCommand } from "../command.ts";
import { splitReason } from "../reason/reason.ts";
import { withoutSecrets } from "../reason/redact.ts";
import { withoutStop } from "./joined-words.ts";

/* What is asked of an open grant, by its id. */

export const REQUEST_ID = /^EG-[0-9A-HJKMNP-TV-Z]{5}(\.([1-9]|10))?$/;

const NO_ID = "the id of a grant, like EG-7QK4M";
const NO_TIME = "how long, like `for 30d` or `until 2027-01-31`";

const RENEWED = /^(\S+?)[.,;]?(?:\s+(for|until)\s+(.+))?$/is;

/** A string names what is missing. */
export function readRenew(rest: string): RenewCommand | string {
  const { head, reason } = splitReason(rest);
  const [, typed = "", word, time = ""] = RENEWED.exec(withoutStop(head)) ?? [];
  const id = typed.toUpperCase();
  if (!REQUEST_ID.test(id)) return NO_ID;
  const duration = word === undefined ? undefined : durationIn(word.toLowerCase(), time.trim());
  if (word !== undefined && duration === undefined) return NO_TIME;
  return {
    kind: "renew",
    id,
    ...(duration === undefined ? {} : { duration }),
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
  };
}

function durationIn(word: string, time: string): AskedDuration | undefined {
  if (word === "until") {
    const at = parseUntil(time);
    return at === undefined ? undefined : { kind: "until", at };
  }
  const ms = parseDuration(time);
  return ms === undefined ? undefined : { kind: "for", ms };
}

type Change = Pick<AmendCommand, "duration" | "paths" | "methods" | "serviceAccounts">;

/** What each clause may be called. */
const CLAUSES: Readonly<Record<string, keyof Change>> = {
  for: "duration",
  until: "duration",
  path: "paths",
  paths: "paths",
  method: "methods",
  methods: "methods",
  as: "serviceAccounts",
};

const NEEDED: Readonly<Record<keyof Change, string>> = {
  duration: NO_TIME,
  paths: "paths after that word, like `paths /v1/*,/health`",
  methods: "methods after that word, like `methods GET,POST`",
  serviceAccounts: "service accounts after `as`, like `as feeds,orders`",
};

const NO_CHANGE =
  "what to change: `for 30d`, `until 2027-01-31`, `paths /v1/*`, `methods GET` or `as ACCOUNT`";

/** What is said of it in any order, each once. A string names what is missing. */
export function readAmend(rest: string): AmendCommand | Refusal | string {
  const { head, reason } = splitReason(rest);
  const [, typed = "", behind = ""] = /^(\S*)(.*)$/s.exec(withoutStop(head)) ?? [];
  const id = withoutStop(typed).toUpperCase();
  if (!REQUEST_ID.test(id)) return NO_ID;
  const words = behind.replaceAll(/\s*,\s*/g, ",").split(/\s+/);
  const change = changeIn(words.filter((word) => word !== ""));
  if (typeof change === "string" || isRefusal(change)) return change;
  return {
    kind: "amend",
    id,
    ...change,
    ...(reason === undefined ? {} : { reason: withoutSecrets(reason) }),
  };
}

function changeIn(words: readonly string[]): Change | Refusal | string {
  let change: Change = {};
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at]?.toLowerCase() ?? "";
    const clause = Object.hasOwn(CLAUSES, word) ? CLAUSES[word] : undefined;
    if (clause === undefined) return NO_CHANGE;
    if (change[clause] !== undefined) return saidTwice(clause);
    const said = saidBy(clause, word, withoutStop(words[at + 1] ?? ""));
    if (said === undefined) return NEEDED[clause];
    if (isRefusal(said)) return said;
    change = { ...change, ...said };
  }
  return words.length === 0 ? NO_CHANGE : change;
}

function saidBy(clause: keyof Change, word: string, value: string): Change | Refusal | undefined {
  if (clause === "duration") {
    const duration = durationIn(word, value);
    return duration && { duration };
  }
  if (value === "") return undefined;
  const list = value.split(",");
  if (clause === "serviceAccounts") {
    const accounts = [...new Set(list.map((name) => name.toLowerCase()))].toSorted();
    const areNames = accounts.every((name) => name.length <= 253 && ACCOUNT.test(name));
    return areNames && accounts.length <= MOST_ACCOUNTS ? { serviceAccounts: accounts } : undefined;
  }
  return parseLimits({ [clause]: list });
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const ACCOUNT = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** So many a request holds. */
const MOST_ACCOUNTS = 64;

function saidTwice(clause: keyof Change): Refusal {
  return refuse("SaidTwice", {
    what: "nothing was amended",
    why: `${WORDS[clause]} given twice`,
    fix: "say it once; several stand between commas",
  });
}

const WORDS: Readonly<Record<keyof Change, string>> = {
  duration: "the time is",
  paths: "the paths are",
  methods: "the methods are",
  serviceAccounts: "the service accounts are",
};
