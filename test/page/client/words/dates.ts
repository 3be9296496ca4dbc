/**
 * A moment as Slack shows it to a reader: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
 * Times are written as the reader's browser is set to, which Slack's clients have a setting for.
 */

export interface Reader {
  readonly now: Date;
  /** An IANA name; default: the browser's own. */
  readonly timeZone?: string;
  /** Of times of day; default: the browser's own. */
  readonly locale?: string;
}

type Options = Intl.DateTimeFormatOptions;

const FORMATS: Readonly<Record<string, Options>> = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
};

/** `{date_short_pretty} {time}` and the like filled in; undefined where a token is none of Slack's. */
export function formatDate(at: Date, format: string, reader: Reader): string | undefined {
  let isKnown = true;
  const text = format.replaceAll(/\{(\w+)\}/gu, (_whole, token: string) => {
    const shown = tokenText(at, token, reader);
    isKnown &&= shown !== undefined;
    return shown ?? "";
  });
  return isKnown && !Number.isNaN(at.getTime()) ? text : undefined;
}

function tokenText(at: Date, token: string, reader: Reader): string | undefined {
  if (Number.isNaN(at.getTime())) return undefined;
  if (token === "time" || token === "time_secs") return timeText(at, token, reader);
  if (token === "ago") return ago(at, reader);
  const isPretty = token === "date_pretty" || token.endsWith("_pretty");
  const plain = token.replace(/_pretty$/u, "");
  const options = FORMATS[plain];
  if (options === undefined || (isPretty && plain === "date_num")) return undefined;
  return (isPretty ? nearDay(at, reader) : undefined) ?? dayText(at, plain, options, reader);
}

function timeText(at: Date, token: string, { locale, timeZone }: Reader): string {
  const seconds: Options = token === "time_secs" ? { second: "2-digit" } : {};
  return new Intl.DateTimeFormat(locale, {
    hour: "numeric",
    minute: "2-digit",
    ...seconds,
    ...zone(timeZone),
  }).format(at);
}

function dayText(at: Date, plain: string, options: Options, { timeZone }: Reader): string {
  // `2014-02-18` is how Slack writes {date_num}.
  const locale = plain === "date_num" ? "en-CA" : "en-US";
  return new Intl.DateTimeFormat(locale, { ...options, ...zone(timeZone) }).format(at);
}

function nearDay(at: Date, { now, timeZone }: Reader): string | undefined {
  const days = dayNumber(at, timeZone) - dayNumber(now, timeZone);
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  return days === -1 ? "yesterday" : undefined;
}

/** Days since 1970 by the reader's calendar. */
function dayNumber(at: Date, timeZone: string | undefined): number {
  const text = new Intl.DateTimeFormat("en-CA", { ...FORMATS["date_num"], ...zone(timeZone) });
  return Date.parse(`${text.format(at)}T00:00:00Z`) / 86_400_000;
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

function ago(at: Date, { now }: Reader): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const [unit, size] = UNITS.find((each) => Math.abs(seconds) >= each[1]) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en").format(Math.trunc(seconds / size), unit);
}

function zone(timeZone: string | undefined): Options {
  return timeZone === undefined ? {} : { timeZone };
}
