import { describe, expect, it } from "@jest/globals";
import { judgeHeartbeat } from "#src/domain/time/heartbeat.ts";

const NOW = 1_000_000;
const OURS = { now: NOW, configDigest: "a", patienceMs: 120_000 };

describe("judgeHeartbeat", () => {
  it.each([
    ["unheard", undefined],
    ["fine", { at: NOW, configDigest: "a" }],
    ["fine", { at: NOW - 120_000, configDigest: "a" }],
    // A clock that goes before ours.
    ["fine", { at: NOW + 60_000, configDigest: "a" }],
    ["silent", { at: NOW - 120_001, configDigest: "a" }],
    ["silent", { at: NOW - 120_001, configDigest: "b" }],
    ["other-configuration", { at: NOW, configDigest: "b" }],
  ] as const)("calls it %s: %j", (verdict, beat) => {
    expect(judgeHeartbeat(beat, OURS)).toBe(verdict);
  });
});
