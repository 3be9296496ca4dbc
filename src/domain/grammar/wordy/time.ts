import { type AskedDuration, parseUntil } from "../../time/duration.ts";

/** A time as people write it, and how many of the words it takes. */
export interface ReadTime {
  readonly words: number;
  /** Undefined where the words begin like a time and say none that can be read. */
  readonly duration: AskedDuration | undefined;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = {
  mi: MINUTE,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  mo: 30 * DAY,
  y: 365 * DAY,
};

const NUMBERS: readonly string[] =
  "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

const AMOUNT = String.raw`half (?:an?|of an?)|(?:a )?couple of|\d{1,6}|an?|${NUMBERS.slice(1).join("|")}`;
const UNIT = "minutes?|mins?|months?|mon?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w|years?|yrs?|y";
/** What ends a sentence, or closes a bracket: not the dot within a name. */
const STOPS = String.raw`[.;:!?)\]"']+(?=$|\s)`;
const SPAN = new RegExp(
  String.raw`^(?:and )?(${AMOUNT}) ?(${UNIT})(?=$|[\s,\d]|${STOPS})(?:[, ]*|${STOPS})`,
  "i",
);
const ABOUT =
  /^(?:(?:about|around|at (?:least|most)|max(?:imum)?|the|next|another|up to|just|only|like) )+/i;

/** `for an hour`, `for 2 weeks`, `for 1d12h`, `duration: 2h`, `until friday`, or a bare `30d`. Undefined where it is no time. */
export function readTime(text: string, now: number | undefined): ReadTime | undefined {
  const [head = ""] = /^(?:for|valid for|lasting|duration[:=]?|expiry[:=]?) /i.exec(text) ?? [];
  const span = readSpan(text.slice(head.length));
  if (span !== undefined && (head !== "" || /^\d+[a-z]+(\d+[a-z]+)*$/i.test(span.text)))
    return { words: wordsIn(head + span.text), duration: { kind: "for", ms: span.ms } };
  const [until] =
    /^(?:until|till?|'til|through|thru|expir(?:es|ing)|ending)(?: on)? /i.exec(text) ?? [];
  return until === undefined ? undefined : readUntil(until, text.slice(until.length), now);
}

/** One time after another, in milliseconds; a month is 30 days. */
function readSpan(text: string): { readonly text: string; readonly ms: number } | undefined {
  const [about = ""] = ABOUT.exec(text) ?? [];
  let rest = text.slice(about.length);
  let ms = 0;
  for (let found = SPAN.exec(rest); found !== null; found = SPAN.exec(rest)) {
    ms += amountOf(found[1] ?? "") * unitOf(found[2] ?? "");
    rest = rest.slice(found[0].length);
  }
  const said = text.slice(0, text.length - rest.length).trim();
  return ms === 0 || !Number.isSafeInteger(ms) ? undefined : { text: said, ms };
}

function amountOf(text: string): number {
  const word = text.toLowerCase();
  if (/^\d/.test(word)) return Number(word);
  if (word.startsWith("half")) return 0.5;
  if (word.endsWith("couple of")) return 2;
  return word.startsWith("a") ? 1 : Math.max(0, NUMBERS.indexOf(word));
}

function unitOf(text: string): number {
  const word = text.toLowerCase();
  return UNITS[word.slice(0, 2)] ?? UNITS[word.slice(0, 1)] ?? 0;
}

function readUntil(head: string, text: string, now: number | undefined): ReadTime {
  const [iso = ""] = /^\d\S*/.exec(text) ?? [];
  const exact = parseUntil(iso.replace(/[.,:;!?)\]}"']+$/, ""));
  if (exact !== undefined)
    return { words: wordsIn(head + iso), duration: { kind: "until", at: exact } };
  for (const { pattern, day } of DAYS) {
    const found = pattern.exec(text);
    const at = found === null ? undefined : day(found, now);
    if (found === null || at === undefined) continue;
    // A day is meant to its end, in UTC.
    return { words: wordsIn(head + found[0]), duration: { kind: "until", at: at + DAY } };
  }
  const [said = ""] = /^(?:(?:next|this|the|end|start|mid|early|late|of) )*\S*/i.exec(text) ?? [];
  return { words: wordsIn(head + said), duration: undefined };
}

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const MONTH = String.raw`(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?`;
const END = String.raw`(?:the )?end of (?:the |this )?`;
const STOP = String.raw`(?![\p{L}\d-])`;

/** The beginning of a day in UTC, from a match and from now; undefined where that day is not known. */
type Day = (found: RegExpExecArray, now: number | undefined) => number | undefined;

const DAYS: readonly { readonly pattern: RegExp; readonly day: Day }[] = [
  { pattern: begins(`today|tonight|eod|eob|${END}day`), day: (_found, now) => today(now) },
  { pattern: begins("tomorrow"), day: (_found, now) => after(today(now), 1) },
  { pattern: begins(`eow|${END}week`), day: (_found, now) => weekday(now, 0) },
  {
    pattern: begins(
      `(?:this |coming )?(${WEEKDAYS.map((name) => name.slice(0, 3)).join("|")})(?:[a-z]*day)?`,
    ),
    day: (found, now) =>
      weekday(
        now,
        WEEKDAYS.findIndex((name) => name.startsWith((found[1] ?? "").toLowerCase())),
      ),
  },
  { pattern: begins(`eom|${END}month`), day: (_found, now) => monthEnd(now, 0) },
  { pattern: begins("(?:the )?end of next month"), day: (_found, now) => monthEnd(now, 1) },
  { pattern: begins(`eoy|${END}year`), day: (_found, now) => dateOf(yearOf(now), 11, 31) },
  {
    pattern: begins(String.raw`(?:the )?end of ${MONTH}(?:,? (\d{4}))?`),
    day: (found, now) => named(now, found[2], (year) => dateOf(year, monthOf(found[1]) + 1, 0)),
  },
  {
    pattern: begins(String.raw`${MONTH} (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?`),
    day: (found, now) =>
      named(now, found[3], (year) => dateOf(year, monthOf(found[1]), Number(found[2]))),
  },
  {
    pattern: begins(
      String.raw`(?:the )?(\d{1,2})(?:st|nd|rd|th|\.)? (?:of )?${MONTH}(?:,? (\d{4}))?`,
    ),
    day: (found, now) =>
      named(now, found[3], (year) => dateOf(year, monthOf(found[2]), Number(found[1]))),
  },
  {
    pattern: begins(String.raw`(\d{1,2})\.(\d{1,2})\.(\d{4})`),
    day: (found) => dateOf(Number(found[3]), Number(found[2]) - 1, Number(found[1])),
  },
  {
    pattern: begins(String.raw`(\d{4})[/.](\d{1,2})[/.](\d{1,2})`),
    day: (found) => dateOf(Number(found[1]), Number(found[2]) - 1, Number(found[3])),
  },
];

function begins(source: string): RegExp {
  return new RegExp(`^(?:${source})${STOP}`, "iu");
}

function today(now: number | undefined): number | undefined {
  return now === undefined ? undefined : now - (now % DAY);
}

function after(day: number | undefined, days: number): number | undefined {
  return day === undefined ? undefined : day + days * DAY;
}

/** The next one after today: on a Friday, `friday` is in a week. */
function weekday(now: number | undefined, wanted: number): number | undefined {
  const start = today(now);
  if (start === undefined) return undefined;
  const ahead = (wanted - new Date(start).getUTCDay() + 7) % 7;
  return after(start, ahead === 0 ? 7 : ahead);
}

function monthEnd(now: number | undefined, ahead: number): number | undefined {
  if (now === undefined) return undefined;
  return dateOf(yearOf(now), new Date(now).getUTCMonth() + 1 + ahead, 0);
}

function yearOf(now: number | undefined): number {
  return now === undefined ? Number.NaN : new Date(now).getUTCFullYear();
}

function monthOf(text: string | undefined): number {
  return MONTHS.findIndex((name) => name.startsWith((text ?? "").toLowerCase().slice(0, 3)));
}

/** In the year that was written, else the next time that day comes. */
function named(
  now: number | undefined,
  year: string | undefined,
  day: (year: number) => number | undefined,
): number | undefined {
  if (year !== undefined) return day(Number(year));
  const soon = day(yearOf(now));
  const passed = soon !== undefined && now !== undefined && soon + DAY <= now;
  return passed ? day(yearOf(now) + 1) : soon;
}

/** Undefined for what is no day, like 31 February; day 0 is the last of the month before. */
function dateOf(year: number, month: number, day: number): number | undefined {
  const at = Date.UTC(year, month, day);
  if (Number.isNaN(at)) return undefined;
  const date = new Date(at);
  const isThere = date.getUTCDate() === day && date.getUTCMonth() === month;
  return day === 0 || isThere ? at : undefined;
}

function wordsIn(text: string): number {
  return text.trim().split(/\s+/).length;
}
