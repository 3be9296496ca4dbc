import type { RequestRecord } from "./request.ts";
import { isLive } from "./lifecycle.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long before its end people are reminded of it; of a shorter grant only where that is less than half of it. */
export const REMINDERS = [
  { name: "week", beforeMs: 7 * DAY_MS },
  { name: "day", beforeMs: DAY_MS },
  { name: "hour", beforeMs: HOUR_MS },
] as const;

export type Reminder = (typeof REMINDERS)[number];

type Timed = Pick<RequestRecord, "state" | "activation">;

/** The last reminder whose time has come; undefined where there is none, or nothing is open. Pure. `now`: epoch ms. */
export function reminderDue({ state, activation }: Timed, now: number): Reminder | undefined {
  if (activation === undefined || !isLive(state)) return undefined;
  const { at, endsAt } = activation.payload;
  return REMINDERS.findLast(
    ({ beforeMs }) => 2 * beforeMs <= endsAt - at && now >= endsAt - beforeMs && now < endsAt,
  );
}

/** Whether one has come due within this time. Milliseconds. */
export function isReminderFresh(timed: Timed, now: number, withinMs: number): boolean {
  const due = reminderDue(timed, now);
  const endsAt = timed.activation?.payload.endsAt ?? 0;
  return due !== undefined && now - (endsAt - due.beforeMs) < withinMs;
}
