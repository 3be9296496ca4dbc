import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { clockOffset, clockRefusal } from "#src/domain/time/clock-offset.ts";

const NINE = Date.UTC(2026, 2, 2, 9);

/** A server's answer: its clock is ours minus `offset`, and its header has whole seconds. */
function answer(offset: number, { sentAt, tookMs }: { sentAt: number; tookMs: number }) {
  const servedAt = sentAt + Math.floor(tookMs / 2) - offset;
  return { sentAt, receivedAt: sentAt + tookMs, date: new Date(servedAt).toUTCString() };
}

describe("the offset of our clock", () => {
  it("is never said to be more than it is, nor more than the answer's own duration less", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -600_000, max: 600_000 }),
        fc.integer({ min: 0, max: 30_000 }),
        fc.integer({ min: 0, max: 999 }),
        (offset, tookMs, ms) => {
          const found = clockOffset(answer(offset, { sentAt: NINE + ms, tookMs })) ?? Number.NaN;

          expect(Math.abs(found)).toBeLessThanOrEqual(Math.abs(offset));
          expect(Math.abs(offset - found)).toBeLessThanOrEqual(tookMs + 1000);
        },
      ),
    );
  });

  it("is nothing where the answer was slow and the clocks agree", () => {
    expect(clockOffset(answer(0, { sentAt: NINE, tookMs: 120_000 }))).toBe(0);
  });

  it("is not known from something that is no date", () => {
    expect(clockOffset({ sentAt: NINE, receivedAt: NINE, date: "soon" })).toBeUndefined();
  });
});

describe("the bot signs nothing", () => {
  it.each([
    [60_001, "60 s ahead of"],
    [-125_000, "125 s behind"],
  ])("with a clock that is %d ms off, and says by how much", (offset, words) => {
    const refusal = clockRefusal(offset, "your request was not recorded");

    expect(refusal).toMatchObject({ what: "your request was not recorded" });
    expect(refusal?.why).toContain(words);
  });

  it.each([0, 60_000, -60_000, undefined])("unless it is (%s)", (offset) => {
    expect(clockRefusal(offset, "x")).toBeUndefined();
  });
});
