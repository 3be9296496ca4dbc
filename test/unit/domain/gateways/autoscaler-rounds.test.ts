import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type Put,
  putAfter,
  putTurn,
  putWhereSame,
} from "#src/domain/gateways/autoscaler-rounds.ts";
import { HOUR, NINE } from "#test/support/signed-request.ts";

const PAUSE = 5_000;
/** A run of the lane, at least. */
const RUN = 60_000;

function at(now: number, settings = "wanted", spec = "theirs") {
  return { settings, spec, now, pauseMs: PAUSE };
}

/** In which minutes it is written, where somebody undoes each write so many minutes later. */
function fought(minutes: number, undoneAfter: (write: number) => number): readonly number[] {
  let put: Put | undefined;
  const written: number[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const judging = at(NINE + minute * RUN);
    const last = written.at(-1);
    if (last !== undefined && minute < last + undoneAfter(written.length))
      put = putWhereSame(put, judging);
    else if (putTurn(put, judging).kind === "write") {
      written.push(minute);
      put = putAfter(put, judging);
    }
  }
  return written;
}

describe("what somebody changes", () => {
  it("is put back at once, and after three times left to whoever changes it", () => {
    expect(fought(24 * 60, () => 1)).toEqual([0, 1, 2, 3]);
  });

  it("is put back each time where it is changed once in two hours", () => {
    expect(fought(24 * 60, () => 120)).toHaveLength(12);
  });

  it("is put back later each time", () => {
    const once = putAfter(putAfter(undefined, at(NINE)), at(NINE));

    expect(putTurn(once, at(NINE + PAUSE - 1))).toEqual({ kind: "later" });
    expect(putTurn(once, at(NINE + PAUSE))).toEqual({ kind: "write" });
    const twice = putAfter(once, at(NINE + PAUSE));
    expect(putTurn(twice, at(NINE + 3 * PAUSE - 1))).toEqual({ kind: "later" });
  });

  it("is set at once where something else is configured, also where it was left", () => {
    const left: Put = { settings: "before", rounds: 3, at: NINE };

    expect(putTurn({ ...left, settings: "wanted" }, at(NINE + 100 * HOUR)).kind).toBe("left");
    expect(putTurn(left, at(NINE)).kind).toBe("write");
  });

  it("is left for good by whoever changes it four times within an hour of the last, and written four times in any hour", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 300 }), (delays) => {
        const written = fought(2_000, (write) => delays[write] ?? 90);

        const gaps = written.slice(1).map((each, index) => each - (written[index] ?? 0));
        for (let index = 0; index + 4 <= gaps.length; index += 1)
          expect(gaps.slice(index, index + 4).some((gap) => gap >= 60)).toBe(true);
      }),
    );
  });
});

describe("what is refused", () => {
  const refused = putAfter(undefined, at(NINE), "too few");

  it("is tried again after ten minutes", () => {
    expect(putTurn(refused, at(NINE + 10 * 60_000 - 1))).toEqual({
      kind: "refused",
      why: "too few",
    });
    expect(putTurn(refused, at(NINE + 10 * 60_000))).toEqual({ kind: "write" });
  });

  it("is tried at once where the autoscaler or the configuration is another", () => {
    expect(putTurn(refused, at(NINE, "wanted", "another")).kind).toBe("write");
    expect(putTurn(refused, at(NINE, "another")).kind).toBe("write");
  });

  it("is no round, and forgotten where it is as configured", () => {
    expect(putAfter(refused, at(NINE))).toMatchObject({ rounds: 0 });
    expect(putWhereSame(refused, at(NINE))).toBeUndefined();
  });
});
