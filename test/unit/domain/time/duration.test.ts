import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type AskedDuration,
  checkDuration,
  formatDuration,
  parseDuration,
  parseUntil,
  writeAsked,
} from "#src/domain/time/duration.ts";
import { isRefusal } from "#src/domain/outcome.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-11-23T10:00:00Z");
const LIMITS = { now: NOW, defaultMs: 30 * DAY, maxMs: 90 * DAY, approvalWindowMs: 2 * DAY };

describe("parseDuration", () => {
  it.each([
    ["5m", 5 * MINUTE],
    ["12h", 12 * HOUR],
    ["30D", 30 * DAY],
  ])("reads %j", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["0d", "-1d", "1.5h", "2w", "30", "d", "", "1e3d", "9999999d", "1h30m"])(
    "does not read %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe("formatDuration", () => {
  it.each([
    [5 * MINUTE, "5 min"],
    [2 * HOUR + 5 * MINUTE, "2 h 5 min"],
    [30 * DAY, "30 d"],
    [DAY + 6 * HOUR, "1 d 6 h"],
    [10_000, "1 min"],
  ])("shows %d ms as %j", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("parseUntil", () => {
  it("takes a day to its end, in UTC", () => {
    expect(parseUntil("2027-01-31")).toBe(Date.parse("2027-02-01T00:00:00Z"));
  });

  it("takes a minute as it is", () => {
    expect(parseUntil("2027-01-31T12:00Z")).toBe(Date.parse("2027-01-31T12:00:00Z"));
    expect(parseUntil("2027-01-31t12:00z")).toBe(Date.parse("2027-01-31T12:00:00Z"));
    expect(parseUntil("2027-01-31T12:00:05.000Z")).toBe(Date.parse("2027-01-31T12:00:05Z"));
  });

  it.each([
    "2027-02-29",
    "2027-13-01",
    "31.1.2027",
    "tomorrow",
    "2027-01-31T25:00Z",
    "2027-01-31T12:00",
    "2027-01-31T12:00:00.5Z",
  ])("does not read %j", (text) => {
    expect(parseUntil(text)).toBeUndefined();
  });

  it("never throws, and reads only whole minutes or seconds", () => {
    const dateLike = fc.stringMatching(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}Z)?$/);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), dateLike), (text) => {
        expect(Math.abs((parseUntil(text) ?? 0) % 1000)).toBe(0);
      }),
    );
  });
});

describe("writeAsked", () => {
  it.each<[AskedDuration, string]>([
    [{ kind: "for", ms: 36 * HOUR }, "for 36h"],
    [{ kind: "for", ms: 14 * DAY }, "for 14d"],
    [{ kind: "until", at: Date.parse("2027-02-01T00:00:00Z") }, "until 2027-01-31"],
    [{ kind: "until", at: Date.parse("2027-01-31T12:30:00Z") }, "until 2027-01-31T12:30Z"],
  ])("writes %j as %j, which is read as the same", (asked, text) => {
    expect(writeAsked(asked)).toBe(text);
    expect(examplesOf(`\`${text}\``)).toEqual([asked]);
  });
});

describe("checkDuration", () => {
  it("adds the time an approval may take to a duration's latest end", () => {
    expect(checkDuration({ kind: "for", ms: 12 * HOUR }, LIMITS)).toEqual({
      durationMs: 12 * HOUR,
      latestEnd: NOW + 2 * DAY + 12 * HOUR,
    });
  });

  it("takes an absolute end as the latest end, and counts nothing from activation", () => {
    const at = Date.parse("2027-02-01T00:00:00Z");

    expect(checkDuration({ kind: "until", at }, LIMITS)).toEqual({
      durationMs: undefined,
      latestEnd: at,
    });
  });

  it("uses the default where nothing was said", () => {
    expect(checkDuration(undefined, LIMITS)).toMatchObject({ durationMs: 30 * DAY });
  });

  it.each<[string, AskedDuration, string]>([
    ["an end now", { kind: "until", at: NOW }, "EndInPast"],
    ["a past end", { kind: "until", at: NOW - DAY }, "EndInPast"],
    ["an end too far", { kind: "until", at: NOW + 90 * DAY + 1 }, "EndTooFar"],
    ["a duration too long", { kind: "for", ms: 91 * DAY }, "EndTooFar"],
  ])("refuses %s, and its examples are allowed", (_what, asked, reason) => {
    const found = checkDuration(asked, LIMITS);

    expect(isRefusal(found) ? found.reason : found).toBe(reason);
    for (const example of examplesOf(isRefusal(found) ? found.fix : ""))
      expect(isRefusal(checkDuration(example, LIMITS))).toBe(false);
  });

  it("names the maximum, also one that is no whole number of days", () => {
    const found = checkDuration({ kind: "for", ms: DAY }, { ...LIMITS, maxMs: 90 * MINUTE });

    expect(found).toMatchObject({
      why: "the longest a grant may last here is 1 h 30 min",
      fix: expect.stringContaining("`for 90m`"),
    });
  });
});

function examplesOf(fix: string): readonly AskedDuration[] {
  const found = [...fix.matchAll(/`(for|until) (\S+)`/g)].map(
    ([, word, value = ""]): AskedDuration =>
      word === "for"
        ? { kind: "for", ms: parseDuration(value) ?? Number.NaN }
        : { kind: "until", at: parseUntil(value) ?? Number.NaN },
  );
  expect(found).not.toHaveLength(0);
  return found;
}
