import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { waited } from "#src/domain/time/waited.ts";

const PATIENCE = 30;

describe("what is waited for", () => {
  it("is late once its time is over, and then again after as long", () => {
    const looks = [0, 10, 29, 30, 40, 59, 60].map((now) => ({ now, patienceMs: PATIENCE }));
    let since = {};
    const late = looks.map((look) => {
      const seen = waited(["a"], since, look);
      since = seen.since;
      return seen.late.length;
    });

    expect(late).toEqual([0, 0, 0, 1, 0, 0, 1]);
  });

  it("is forgotten when it came, and counts anew", () => {
    const { since } = waited([], { a: 0 }, { now: 20, patienceMs: PATIENCE });

    expect(waited(["a"], since, { now: 100, patienceMs: PATIENCE }).late).toEqual([]);
  });

  it("is never late at its first look, and remembered as long as it is asked for", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.nat(), (ids, now) => {
        const { late, since } = waited(ids, {}, { now, patienceMs: PATIENCE });

        expect(late).toEqual([]);
        expect(new Set(Object.keys(since))).toEqual(new Set(ids));
        expect(waited(ids, since, { now: now + PATIENCE, patienceMs: PATIENCE }).late).toEqual(ids);
      }),
    );
  });
});
