import { type Refusal, refuse } from "../outcome.ts";

/** Nothing is signed while our clock is further than this from Slack's, or from the API server's. Milliseconds. */
export const MAX_CLOCK_OFFSET_MS = 60_000;

/** One HTTP answer with the server's clock in it. Our times are epoch milliseconds. */
export interface DatedAnswer {
  readonly sentAt: number;
  readonly receivedAt: number;
  /** The `Date` header, in whole seconds: https://www.rfc-editor.org/rfc/rfc9110#field.date */
  readonly date: string;
}

/**
 * Our clock minus the server's, in milliseconds: the smallest offset that explains the answer, so that a slow answer
 * is never taken for a wrong clock. Undefined where the header is no date.
 */
export function clockOffset({ sentAt, receivedAt, date }: DatedAnswer): number | undefined {
  const second = Date.parse(date);
  if (Number.isNaN(second)) return undefined;
  const least = Math.min(sentAt, receivedAt) - (second + 1000);
  const most = Math.max(sentAt, receivedAt) - second;
  if (least > 0) return least;
  return most < 0 ? most : 0;
}

/** `what` was not done because the clocks differ. An offset nobody has measured yet refuses nothing. */
export function clockRefusal(offsetMs: number | undefined, what: string): Refusal | undefined {
  if (offsetMs === undefined || Math.abs(offsetMs) <= MAX_CLOCK_OFFSET_MS) return undefined;
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  return refuse("ClockOff", {
    what,
    why: `the clock of Sallyport's bot is ${seconds} s ${offsetMs > 0 ? "ahead of" : "behind"} Slack's, so it signs nothing`,
    fix: "tell who runs Sallyport to set its clock (NTP), and try again then",
  });
}
