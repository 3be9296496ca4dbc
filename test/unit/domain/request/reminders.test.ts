import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isReminderFresh, reminderDue, REMINDERS } from "#src/domain/request/reminders.ts";
import { LIVE_STATES, REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import {
  aKeyring,
  anActiveRequest,
  anActivation,
  DAY,
  HOUR,
  NINE,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const active = anActiveRequest(keys);

function lasting(ms: number) {
  const activation = anActivation(keys, active, { at: NINE, endsAt: NINE + ms });
  return { state: "active", activation } as const;
}

describe("a reminder of the end", () => {
  it.each([
    [30 * DAY, 8 * DAY, undefined],
    [30 * DAY, 7 * DAY, "week"],
    [30 * DAY, DAY + 1, "week"],
    [30 * DAY, DAY, "day"],
    [30 * DAY, HOUR, "hour"],
    [30 * DAY, 0, undefined],
    [10 * DAY, 7 * DAY, undefined],
    [10 * DAY, DAY, "day"],
    [DAY, 2 * HOUR, undefined],
    [DAY, HOUR, "hour"],
    [HOUR, 1, undefined],
  ])("of a grant of %d ms, %d ms before it: %s", (whole, left, name) => {
    expect(reminderDue(lasting(whole), NINE + whole - left)?.name).toBe(name);
  });

  it("is of nothing but what is open", () => {
    for (const state of REQUEST_STATES) {
      const due = reminderDue({ ...lasting(30 * DAY), state }, NINE + 30 * DAY - HOUR);
      expect(due !== undefined).toBe(LIVE_STATES.includes(state));
    }
  });

  it("is never of more than half of its time, and comes nearer as the end does", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 * DAY }),
        fc.nat(),
        fc.nat(),
        (whole, one, other) => {
          const [sooner, later] = [one % whole, other % whole].toSorted((a, b) => a - b);
          const [first, second] = [sooner, later].map((at = 0) =>
            reminderDue(lasting(whole), NINE + at),
          );
          for (const due of [first, second])
            if (due !== undefined) expect(2 * due.beforeMs).toBeLessThanOrEqual(whole);
          if (first !== undefined) {
            expect(second).toBeDefined();
            expect(REMINDERS.indexOf(second ?? first)).toBeGreaterThanOrEqual(
              REMINDERS.indexOf(first),
            );
          }
        },
      ),
    );
  });

  it("is fresh for a while after its time", () => {
    const grant = lasting(30 * DAY);
    const day = NINE + 29 * DAY;

    expect(isReminderFresh(grant, day, HOUR)).toBe(true);
    expect(isReminderFresh(grant, day + HOUR, HOUR)).toBe(false);
    expect(isReminderFresh(grant, day - 1, HOUR)).toBe(false);
  });
});
