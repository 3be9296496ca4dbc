import { describe, expect, it } from "@jest/globals";
import { toJobOutcome } from "#jobs/outcome.ts";

describe("what a result means for its job", () => {
  it("parks it while something is waited for, and is done with it once converged", () => {
    const waiting = {
      outcome: "waiting",
      for: "the egress IP prefix",
      retryAfterMs: 15_000,
    } as const;

    expect(toJobOutcome(waiting)).toEqual({ kind: "park", ms: 15_000 });
    expect(toJobOutcome({ outcome: "converged" })).toEqual({ kind: "done" });
  });
});
