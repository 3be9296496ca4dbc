import { describe, expect, it } from "@jest/globals";
import { RetryableError } from "#src/ports/errors.ts";
import { LeftBehind } from "#src/slack/intake/left-behind.ts";

/** Looks every ten seconds at what waits, of which `fails` cannot be handled. */
async function handledIn(
  pendingAt: (seconds: number) => readonly string[] | "away",
  seconds: number,
  fails: readonly string[] = [],
): Promise<readonly string[]> {
  let now = 0;
  const handled: string[] = [];
  const left = new LeftBehind({
    intake: {
      async pending() {
        const pending = pendingAt(now / 1000);
        if (pending === "away") throw new RetryableError("listing");
        return pending;
      },
    },
    async process(id) {
      if (fails.includes(id)) throw new RetryableError("handling it");
      handled.push(`${id} at ${now / 1000}`);
    },
    clock: { now: () => now },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  for (; now <= seconds * 1000; now += 10_000) await left.look();
  return handled;
}

describe("what the queue never brings", () => {
  it("is handled once it has waited for half a minute, and again while it is not done", async () => {
    expect(await handledIn(() => ["a"], 60)).toEqual(["a at 30", "a at 60"]);
  });

  it("is left alone where the queue brings it in time", async () => {
    expect(await handledIn((at) => (at < 30 ? ["a"] : []), 60)).toEqual([]);
  });

  it("does not wait for one that cannot be handled", async () => {
    const one = await handledIn(() => ["broken", "a"], 60, ["broken"]);

    expect(one).toEqual([]);
    expect(await handledIn((at) => (at < 10 ? ["a"] : ["a", "broken"]), 30, ["broken"])).toEqual([
      "a at 30",
    ]);
  });

  it("waits while Redis is away", async () => {
    expect(await handledIn((at) => (at === 20 ? "away" : ["a"]), 30)).toEqual(["a at 30"]);
  });
});
