import { describe, expect, it } from "@jest/globals";
import {
  heldUntil,
  LONGEST_LEASE_MS,
  nextMove,
  nobody,
  observe,
  type Sight,
} from "#src/domain/lease/judge-lease.ts";

const DURATION = 15_000;
const THEIRS = { holder: "other", renewTime: "2026-01-01T00:00:00.000000Z", durationMs: DURATION };
const OURS = { ...THEIRS, holder: "us" };
const FREE = { ...THEIRS, holder: "" };

describe("what to do about a Lease", () => {
  it.each<[string, Sight, { seenFor?: number; holding?: boolean }, object]>([
    ["of another, first seen now", THEIRS, {}, { move: "wait", ms: DURATION }],
    ["of another, still the same", THEIRS, { seenFor: 14_999 }, { move: "wait", ms: 1 }],
    ["of another, the same for its duration", THEIRS, { seenFor: DURATION }, { move: "take" }],
    [
      "of another that holds for longer than we would",
      { ...THEIRS, durationMs: 60_000 },
      { seenFor: DURATION },
      { move: "wait", ms: 45_000 },
    ],
    [
      "of another that no worker ever holds for so long",
      { ...THEIRS, durationMs: 2 ** 31 * 1000 },
      { seenFor: LONGEST_LEASE_MS - 1 },
      { move: "wait", ms: 1 },
    ],
    [
      "of another that says no duration",
      { ...THEIRS, durationMs: 0 },
      { seenFor: 1 },
      { move: "wait", ms: 14_999 },
    ],
    ["given back", FREE, {}, { move: "take" }],
    ["of our own", OURS, {}, { move: "renew" }],
    ["absent", "absent", {}, { move: "announce" }],
    ["absent for however long", "absent", { seenFor: 10 * DURATION }, { move: "announce" }],
    ["nobody's since now", { ...THEIRS, holder: nobody("us") }, {}, { move: "wait", ms: DURATION }],
    [
      "nobody's, made under us while we hold it",
      { ...THEIRS, holder: nobody("other") },
      { holding: true },
      { move: "take" },
    ],
    [
      "of another, although our time is not over",
      THEIRS,
      { holding: true },
      { move: "wait", ms: DURATION },
    ],
    ["absent, taken away while we hold it", "absent", { holding: true }, { move: "create" }],
  ])("that is %s", (_, sight, { seenFor = 0, holding = false }, expected) => {
    const now = 1_000_000;
    const seen = { sight, since: now - seenFor };

    expect(nextMove(seen, { identity: "us", holding, durationMs: DURATION, now })).toEqual(
      expected,
    );
  });
});

describe("an observation", () => {
  it.each<[string, Sight, Sight, number]>([
    ["goes on while nothing changes", THEIRS, { ...THEIRS }, 1],
    ["starts again with a renewal", THEIRS, { ...THEIRS, renewTime: "later" }, 2],
    ["starts again with another holder", THEIRS, OURS, 2],
    ["starts again where the Lease is gone", THEIRS, "absent", 2],
    ["starts again where it is back", "absent", THEIRS, 2],
    ["goes on while it is absent", "absent", "absent", 1],
  ])("%s", (_, before, sight, since) => {
    expect(observe(observe(undefined, before, 1), sight, 2)).toMatchObject({ sight, since });
  });
});

describe("the holder's time", () => {
  it("ends well before anybody may take it", () => {
    expect(heldUntil(1_000, DURATION)).toBe(13_000);
  });
});
