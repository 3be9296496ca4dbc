import { describe, expect, it } from "@jest/globals";
import { systemTimers } from "#src/wiring/timers.ts";

const LONG = 3_600_000;

describe("the system's timers", () => {
  it("call back, by a clock that went on at least so long", async () => {
    const before = systemTimers.now();
    await new Promise<void>((resolve) => void systemTimers.after(5, resolve));

    expect(systemTimers.now()).toBeGreaterThan(before);
  });

  it("do not call back what was taken back", async () => {
    let called = false;
    systemTimers.after(1, () => (called = true))();
    await systemTimers.sleep(10, new AbortController().signal);

    expect(called).toBe(false);
  });

  it("wake who sleeps when the signal is aborted, also where it is already", async () => {
    const stop = new AbortController();
    const asleep = systemTimers.sleep(LONG, stop.signal);
    stop.abort();

    await expect(asleep).resolves.toBeUndefined();
    await expect(systemTimers.sleep(LONG, stop.signal)).resolves.toBeUndefined();
  });
});
