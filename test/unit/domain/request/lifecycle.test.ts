import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  FINAL_STATES,
  LIVE_STATES,
  REQUEST_EVENTS,
  REQUEST_STATES,
  isBehind,
  isLive,
  next,
  type RequestEvent,
  type RequestState,
} from "#src/domain/request/lifecycle.ts";

const anyWalk = fc.array(fc.constantFrom(...REQUEST_EVENTS), { maxLength: 40 });

/** The states a request goes through; an event without a place changes nothing. */
function walk(
  events: readonly RequestEvent[],
): { readonly state: RequestState; readonly by: string }[] {
  const path: { state: RequestState; by: string }[] = [{ state: "planning", by: "asked" }];
  for (const by of events) {
    const state = next(path.at(-1)?.state ?? "planning", by);
    if (state !== undefined) path.push({ state, by });
  }
  return path;
}

describe("the lifecycle of a request", () => {
  it("goes from asked to ended as drawn", () => {
    const events: RequestEvent[] = [
      ...(["planned", "approved", "drifted", "planned", "approved", "admitted"] as const),
      ...(["applied", "unproven", "proven", "repaired", "proven", "revoked", "removed"] as const),
    ];

    expect(
      walk(events)
        .map(({ state }) => state)
        .join(" "),
    ).toBe(
      "planning pending approved pending pending approved applying " +
        "verifying unproven active verifying active ending ended",
    );
  });

  it("never lets a grant be in force that was not approved and then admitted", () => {
    fc.assert(
      fc.property(anyWalk, (events) => {
        const path = walk(events);
        const firstLive = path.findIndex(({ state }) => isLive(state));
        if (firstLive === -1) return;

        expect(path[firstLive]).toEqual({ state: "applying", by: "admitted" });
        expect(path[firstLive - 1]).toEqual({ state: "approved", by: "approved" });
      }),
    );
  });

  it("leaves the live states only by ending, and ends only after everything was removed", () => {
    expect(() =>
      fc.assert(
        fc.property(anyWalk, (events) =>
          walk(events).every(({ state, by }, index, path) => {
            const before = path[index - 1]?.state ?? "planning";
            if (isLive(before) && !isLive(state)) return state === "ending";
            return state !== "ended" || (before === "ending" && by === "removed");
          }),
        ),
      ),
    ).not.toThrow();
  });

  it("is over in a final state, and only there", () => {
    for (const state of REQUEST_STATES) {
      const moves = REQUEST_EVENTS.filter((event) => next(state, event) !== undefined);

      expect({ state, final: moves.length === 0 }).toEqual({
        state,
        final: FINAL_STATES.includes(state),
      });
    }
  });

  it.each(LIVE_STATES)("can be revoked, expired and given up in state %s", (state) => {
    for (const event of ["revoked", "expired", "gave-up"] as const) {
      expect(next(state, event)).toBe("ending");
    }
  });

  it("forgets an approval when the plan drifted: it has to be given again", () => {
    expect(next("approved", "drifted")).toBe("pending");
    expect(next("pending", "admitted")).toBeUndefined();
  });
});

describe("a stored request the cluster has admitted", () => {
  it.each<readonly [known: RequestState, behind: readonly RequestState[]]>([
    ["active", ["planning", "refused", "pending", "denied", "cancelled", "lapsed"]],
    ["ending", ["planning", "refused", "pending", "denied", "cancelled", "lapsed"]],
    [
      "ended",
      ["planning", "refused", "pending", "denied", "cancelled", "lapsed", "approved", "closing"],
    ],
  ])("as %s, is from before that in some states", (known, behind) => {
    expect(REQUEST_STATES.filter((stored) => isBehind(stored, known))).toEqual(behind);
  });
});
