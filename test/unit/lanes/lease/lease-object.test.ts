import { describe, expect, it } from "@jest/globals";
import { heldBy, newLease, recordOf } from "#src/lanes/lease/lease-object.ts";

const NAME = { namespace: "sallyport-system", name: "lane-mesh", instance: "prod" };
const NOON = Date.UTC(2026, 0, 1, 12, 0, 0, 7);

describe("a Lease as an object", () => {
  it("is written with times of six fractional digits, and read back", () => {
    const lease = heldBy(newLease(NAME), { identity: "one", durationMs: 15_000, now: NOON });

    expect(lease).toMatchObject({
      metadata: { namespace: "sallyport-system", name: "lane-mesh" },
      spec: {
        holderIdentity: "one",
        leaseDurationSeconds: 15,
        acquireTime: "2026-01-01T12:00:00.007000Z",
        renewTime: "2026-01-01T12:00:00.007000Z",
        leaseTransitions: 0,
      },
    });
    expect(recordOf(lease)).toEqual({
      holder: "one",
      renewTime: "2026-01-01T12:00:00.007000Z",
      durationMs: 15_000,
    });
  });

  it("keeps when it was acquired while it is renewed, and counts who took it over", () => {
    const first = heldBy(newLease(NAME), { identity: "one", durationMs: 15_000, now: NOON });
    const renewed = heldBy(first, { identity: "one", durationMs: 15_000, now: NOON + 3_000 });
    const given = heldBy(renewed, { identity: "", durationMs: 15_000, now: NOON + 4_000 });
    const taken = heldBy(given, { identity: "two", durationMs: 15_000, now: NOON + 5_000 });

    expect(renewed.spec).toMatchObject({
      acquireTime: first.spec?.["acquireTime"],
      renewTime: "2026-01-01T12:00:03.007000Z",
      leaseTransitions: 0,
    });
    expect(given.spec).toMatchObject({ holderIdentity: "", leaseTransitions: 0 });
    expect(taken.spec).toMatchObject({
      acquireTime: "2026-01-01T12:00:05.007000Z",
      leaseTransitions: 1,
    });
  });

  it("is seen to be renewed even where the clock stands still", () => {
    const times = new Set<string>();
    let lease = newLease(NAME);
    for (let turn = 0; turn < 2; turn += 1) {
      lease = heldBy(lease, { identity: "one", durationMs: 15_000, now: NOON });
      times.add(recordOf(lease).renewTime);
    }

    expect(times.size).toBe(2);
  });

  it.each([
    ["no spec", undefined],
    ["empty fields", { holderIdentity: null, renewTime: null }],
  ])("with %s reads as nobody's", (_, spec) => {
    const lease = { ...newLease(NAME), ...(spec === undefined ? {} : { spec }) };

    expect(recordOf(lease)).toEqual({ holder: "", renewTime: "", durationMs: 0 });
  });
});
