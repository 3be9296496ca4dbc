import { type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `5m`, `12h`, `30d` → milliseconds; anything else → undefined. */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text.trim().toLowerCase());
  const [, amount, unit] = match ?? [];
  return amount !== undefined && isUnit(unit) ? Number(amount) * UNITS[unit] : undefined;
}

function isUnit(text: string | undefined): text is keyof typeof UNITS {
  return text !== undefined && Object.hasOwn(UNITS, text);
}

/** `30 d`, `1 d 6 h`, `5 min`: exact to the minute, for people. */
export function formatDuration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / UNITS.m));
  const parts = [
    [Math.floor(minutes / 1440), "d"],
    [Math.floor((minutes % 1440) / 60), "h"],
    [minutes % 60, "min"],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}

/** `2027-01-31` is the end of that day in UTC; `2027-01-31T12:00Z` that minute, with or without seconds. Epoch milliseconds. */
export function parseUntil(text: string): number | undefined {
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const minute = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.0{1,3})?)?[Zz]$/.test(text);
  if (day === null && !minute) return undefined;
  const at = Date.parse(day === null ? text.toUpperCase() : `${text}T00:00:00Z`);
  if (Number.isNaN(at)) return undefined;
  // `2027-02-31` would silently become 3 March.
  if (new Date(at).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  return day === null ? at : at + UNITS.d;
}

/** As asked: a time to last, in milliseconds, or an absolute end, in epoch milliseconds. */
export type AskedDuration =
  | { readonly kind: "for"; readonly ms: number }
  | { readonly kind: "until"; readonly at: number };

/** As one writes it: `for 36h`, `until 2027-01-31`. Read again, it is the same, to the minute. */
export function writeAsked(asked: AskedDuration): string {
  if (asked.kind === "for") return `for ${exactly(asked.ms)}`;
  const isDayEnd = asked.at % UNITS.d === 0;
  const text = new Date(isDayEnd ? asked.at - UNITS.d : asked.at).toISOString();
  return `until ${isDayEnd ? text.slice(0, 10) : `${text.slice(0, 16)}Z`}`;
}

/** Times in milliseconds; `now` in epoch milliseconds. */
export interface DurationLimits {
  readonly now: number;
  readonly defaultMs: number;
  readonly maxMs: number;
  /** How long after the request a grant may still be admitted; part of the latest end. */
  readonly approvalWindowMs: number;
}

/** What was asked for, fixed to the moment of asking. */
export interface FixedDuration {
  /** Counted from activation; undefined where an absolute end was asked for. */
  readonly durationMs: number | undefined;
  /** Fixed when the request is made; no end lies after it. Epoch milliseconds. */
  readonly latestEnd: number;
}

/** What was asked for, or the default; refused where its end is past or further away than the maximum. */
export function checkDuration(
  asked: AskedDuration | undefined,
  limits: DurationLimits,
): FixedDuration | Refusal {
  const { now, maxMs } = limits;
  if (asked?.kind === "until") {
    if (asked.at <= now) {
      return no(
        "EndInPast",
        `the end, ${new Date(asked.at).toISOString().slice(0, 16)}Z, is in the past`,
        `name a later day, like \`until ${dayWithin(limits)}\`, or a duration, like \`for ${exactly(maxMs)}\``,
      );
    }
    if (asked.at - now > maxMs) return tooLong(maxMs);
    return { durationMs: undefined, latestEnd: asked.at };
  }
  const durationMs = asked?.ms ?? limits.defaultMs;
  if (durationMs > maxMs) return tooLong(maxMs);
  return { durationMs, latestEnd: now + limits.approvalWindowMs + durationMs };
}

function tooLong(maxMs: number): Refusal {
  return no(
    "EndTooFar",
    `the longest a grant may last here is ${formatDuration(maxMs)}`,
    `ask for at most that: \`for ${exactly(maxMs)}\`; it can be asked for again later`,
  );
}

/** A day whose end is allowed: a week ahead, or less where the maximum is less. */
function dayWithin({ now, maxMs }: DurationLimits): string {
  return new Date(now + Math.max(0, Math.min(7 * UNITS.d, maxMs - UNITS.d)))
    .toISOString()
    .slice(0, 10);
}

/** The longest duration one can type that is not over `ms`, in its largest whole unit: `30d`, `36h`, `90m`. */
export function exactly(ms: number): string {
  if (ms % UNITS.d === 0) return `${ms / UNITS.d}d`;
  return ms % UNITS.h === 0 ? `${ms / UNITS.h}h` : `${Math.max(1, Math.floor(ms / UNITS.m))}m`;
}

function no(reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was requested", why, fix });
}
