import { describe, expect, it } from "@jest/globals";
import { HeldLease } from "#src/lanes/lease/held-lease.ts";
import { FakeTimers } from "#test/support/fake-timers.ts";

describe("a held Lease", () => {
  it("counts down, is made longer by a renewal, and ends for good", () => {
    const timers = new FakeTimers();
    const lease = new HeldLease(timers, timers.now() + 12_000);
    timers.advance(5_000);
    expect(lease.remainingMs()).toBe(7_000);

    lease.extend(timers.now() + 12_000);
    timers.advance(11_999);
    expect(lease.signal.aborted).toBe(false);
    timers.advance(1);
    expect(lease.signal.aborted).toBe(true);

    lease.extend(timers.now() + 12_000);
    expect(lease.remainingMs()).toBe(0);
  });

  it("is not made shorter by a renewal that was sent before the last", () => {
    const timers = new FakeTimers();
    const lease = new HeldLease(timers, timers.now() + 12_000);
    lease.extend(timers.now() + 9_000);

    expect(lease.remainingMs()).toBe(12_000);
  });

  it("has nothing left where its timer comes too late", () => {
    const timers = new FakeTimers();
    const late = { now: () => timers.now(), after: () => () => {}, sleep: async () => {} };
    const lease = new HeldLease(late, timers.now() + 12_000);
    timers.advance(12_000);

    expect(lease.signal.aborted).toBe(false);
    expect(lease.remainingMs()).toBe(0);
  });
});
