import { describe, expect, it } from "@jest/globals";
import { attemptsOf, retryDelayMs } from "#src/adapters/bullmq/retry.ts";
import { RetryableError } from "#src/ports/errors.ts";

const plain = new RetryableError("reading a thing");

describe("the delay before a job is tried again", () => {
  it("doubles from half a second to one minute", () => {
    const delays = [1, 2, 3, 7, 8, 9, 1_000].map((attempts) => retryDelayMs(attempts, plain, 0));

    expect(delays).toEqual([500, 1_000, 2_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("is what the other side asked for, never less", () => {
    const asked = new RetryableError("reading a thing", { retryAfterMs: 90_000 });

    expect(retryDelayMs(1, asked, 0)).toBe(90_000);
    expect(retryDelayMs(1, asked, 0.999)).toBeGreaterThan(90_000);
  });

  it("is up to a quarter longer by chance", () => {
    expect(retryDelayMs(2, plain, 0.5)).toBe(1_125);
  });
});

describe("the attempts of a job", () => {
  it("never run out for a lane, and do for others", () => {
    expect(attemptsOf("mesh")).toBe(attemptsOf("gateways"));
    expect(attemptsOf("mesh")).toBeGreaterThan(100_000);
    expect(attemptsOf("plan")).toBe(20);
  });
});
