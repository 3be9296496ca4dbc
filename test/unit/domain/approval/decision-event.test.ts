import { describe, expect, it } from "@jest/globals";
import { eventOf } from "#src/domain/approval/decision-event.ts";
import { isLive, next, REQUEST_STATES } from "#src/domain/request/lifecycle.ts";

const VERDICTS = ["approve", "deny", "cancel", "revoke"] as const;

describe("what a verdict does", () => {
  it("is always a move of the lifecycle", () => {
    for (const verdict of VERDICTS)
      for (const state of REQUEST_STATES) {
        const event = eventOf(verdict, state, { reportedOpen: false });
        if (event !== undefined) expect(next(state, event)).toBeDefined();
      }
  });

  it("is to close whatever may still open or is open, where the requester or an approver says so", () => {
    const closable = REQUEST_STATES.filter((state) =>
      (["deny", "cancel", "revoke"] as const).some(
        (verdict) => eventOf(verdict, state, { reportedOpen: false }) !== undefined,
      ),
    );

    expect(closable).toEqual([
      "planning",
      "pending",
      "approved",
      "applying",
      "verifying",
      "active",
      "unproven",
    ]);
  });

  it("is an approval only while a request waits for one, once", () => {
    const approvable = REQUEST_STATES.filter((state) =>
      eventOf("approve", state, { reportedOpen: true }),
    );

    expect(approvable).toEqual(["pending"]);
  });

  it("is to end what is reported open in every state", () => {
    for (const state of REQUEST_STATES) {
      expect(eventOf("revoke", state, { reportedOpen: true })).toBe("revoked");
      if (isLive(state)) expect(eventOf("revoke", state, { reportedOpen: false })).toBe("revoked");
    }
  });
});
