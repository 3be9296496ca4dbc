import { describe, expect, it } from "@jest/globals";
import { type CheckName, NEEDED_CHECKS } from "#src/domain/evidence/check.ts";
import { givesUp } from "#src/domain/evidence/gives-up.ts";

const ALL: readonly CheckName[] = [...NEEDED_CHECKS, "nothing-else", "nobody-else", "no-bypass"];

function judged(failing: CheckName | undefined, verdict: "failed" | "unknown") {
  const checks = ALL.map((name) => ({
    name,
    verdict: name === failing ? verdict : ("passed" as const),
    explanation: "",
    lines: [],
  }));
  return { checks, verdict: "unproven" as const, advisories: [] };
}

const WAITED = { wasActive: false, waitedMs: 100, unprovenForMs: 100 };

describe("a grant that was never seen to work", () => {
  it("is ended when its time is over and a needed check was seen to fail", () => {
    const given = ALL.filter((name) => givesUp({ ...WAITED, evidence: judged(name, "failed") }));

    expect(given).toEqual(NEEDED_CHECKS);
  });

  it("is not ended before", () => {
    expect(givesUp({ ...WAITED, waitedMs: 99, evidence: judged("reaches", "failed") })).toBe(false);
  });

  it("is never ended because nobody could look", () => {
    for (const name of [undefined, ...ALL])
      expect(givesUp({ ...WAITED, evidence: judged(name, "unknown") })).toBe(false);
  });

  it("is not one that worked once", () => {
    const evidence = judged("reaches", "failed");

    expect(givesUp({ ...WAITED, wasActive: true, evidence })).toBe(false);
  });
});
