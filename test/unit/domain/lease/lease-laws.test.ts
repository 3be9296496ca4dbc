import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Chances, simulate, type Window } from "./lease-world.ts";

const STEADY: Chances = { lost: 0, late: 0, paused: 0, crash: 0, deleted: 0, giveBack: 0 };
const ROUGH: Chances = {
  lost: 0.2,
  late: 0.15,
  paused: 0.2,
  crash: 0.03,
  deleted: 0.02,
  giveBack: 0.05,
};

const anyRates = fc.array(fc.integer({ min: -70, max: 70 }), { minLength: 2, maxLength: 4 });

/** Pairs of different holders whose windows meet in true time. */
function overlaps(windows: readonly Window[]): readonly (readonly [Window, Window])[] {
  return windows.flatMap((one, index) =>
    windows
      .slice(index + 1)
      .filter(
        (other) => one.holder !== other.holder && one.from < other.until && other.from < one.until,
      )
      .map((other) => [one, other] as const),
  );
}

describe("contenders for a Lease whose clocks run apart", () => {
  it("never hold it at the same time, whatever is lost, late, paused, killed or deleted", () => {
    fc.assert(
      fc.property(fc.integer(), anyRates, (seed, rates) => {
        const windows = simulate({ seed, rates, chances: ROUGH, moves: 400 });

        expect(overlaps(windows)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it("hold it nearly always where nothing goes wrong, and one holder keeps it", () => {
    fc.assert(
      fc.property(fc.integer(), anyRates, (seed, rates) => {
        const windows = simulate({ seed, rates, chances: STEADY, moves: 400 });

        expect(new Set(windows.map(({ holder }) => holder)).size).toBe(1);
        expect(overlaps(windows)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("take it over from one that died", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const windows = simulate({
          seed,
          rates: [0, 0, 0],
          chances: { ...STEADY, crash: 0.1 },
          moves: 1_000,
        });

        expect(new Set(windows.map(({ holder }) => holder)).size).toBeGreaterThan(1);
      }),
      { numRuns: 50 },
    );
  });
});
