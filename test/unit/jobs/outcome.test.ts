import { describe, expect, it } from "@jest/globals";
import { toJobOutcome } from "#jobs/outcome.ts";
import { refuse } from "#src/domain/outcome.ts";

describe("what a result means for its job", () => {
  it("parks it while something is waited for, and is done with it otherwise", () => {
    const waiting = {
      outcome: "waiting",
      reason: "NoPrefix",
      for: "the egress IP prefix of egress-gw/egw",
      retryAfterMs: 15_000,
    } as const;

    expect(toJobOutcome(waiting)).toEqual({ kind: "park", ms: 15_000 });
    expect(toJobOutcome(refuse("Unknown", { what: "", why: "", fix: "" }))).toEqual({
      kind: "done",
    });
    expect(toJobOutcome(undefined)).toEqual({ kind: "done" });
  });
});
