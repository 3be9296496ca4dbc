import { describe, expect, it } from "@jest/globals";
import { dueOf, type Times } from "#src/domain/request/due.ts";
import { REQUEST_STATES, type RequestState } from "#src/domain/request/lifecycle.ts";
import { DAY, HOUR, NINE } from "#test/support/signed-request.ts";

const EVIDENCE = {
  checks: [],
  verdict: "enforced",
  advisories: [],
  egressIpPrefix: undefined,
  serial: 1,
} as const;
const TIMES: Times = { now: NINE, pendingForMs: 3 * DAY, reverifyEveryMs: 6 * HOUR };

function due(state: RequestState, ago: { readonly ms: number; readonly seenMs?: number }) {
  const since = NINE - ago.ms;
  return ago.seenMs === undefined
    ? dueOf({ state, since }, TIMES)
    : dueOf({ state, since, evidence: { ...EVIDENCE, at: NINE - ago.seenMs } }, TIMES);
}

describe("what time alone brings about", () => {
  it("in every state: the step that may have been lost, and a lapse where nobody decided in time", () => {
    const found = REQUEST_STATES.map((state) => {
      const { step, lapse } = due(state, { ms: 3 * DAY, seenMs: HOUR });
      return [state, [step, lapse]] as const;
    });

    expect(Object.fromEntries(found)).toEqual({
      planning: ["plan", "lapsed"],
      refused: [undefined, undefined],
      pending: [undefined, "no"],
      denied: [undefined, undefined],
      cancelled: [undefined, undefined],
      lapsed: [undefined, undefined],
      approved: ["admit", undefined],
      closing: ["admit", undefined],
      applying: ["gateways", undefined],
      verifying: ["verify", undefined],
      active: [undefined, undefined],
      unproven: ["verify", undefined],
      ending: [undefined, undefined],
      ended: [undefined, undefined],
    });
  });

  it.each(["planning", "pending"] as const)(
    "%s lapses when its time is over, and not before",
    (state) => {
      expect(due(state, { ms: 3 * DAY - 1 }).lapse).toBeUndefined();
      expect(due(state, { ms: 3 * DAY }).lapse).toBeDefined();
    },
  );

  it("a proven grant is looked at again when its proof is old, and not before", () => {
    expect(due("active", { ms: DAY, seenMs: 6 * HOUR - 1 }).step).toBeUndefined();
    expect(due("active", { ms: DAY, seenMs: 6 * HOUR }).step).toBe("verify");
    expect(dueOf({ state: "active", since: NINE }, TIMES).step).toBe("verify");
  });

  it("messages are painted again for an hour", () => {
    expect(due("ended", { ms: HOUR - 1 }).repaint).toBe(true);
    expect(due("ended", { ms: HOUR }).repaint).toBe(false);
  });
});
