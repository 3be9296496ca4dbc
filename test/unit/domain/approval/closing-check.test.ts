import { describe, expect, it } from "@jest/globals";
import { checkDecision, type DecisionAct } from "#src/domain/approval/decision-check.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { aDecision, aRequest, GRANT_DIGEST, HOUR, NINE } from "#test/support/signed-request.ts";
import {
  CLICK,
  inputOf,
  KEYS,
  MEMBER,
  NOW,
  plannedOf,
  SECURITY,
  shownPlan,
  waiting,
} from "./decision-inputs.ts";

describe("closing", () => {
  const asker: DecisionAct = {
    requestId: "EG-7QK4M",
    verdict: "cancel",
    by: { userId: "U0ASKER", teamId: "T0HOME" },
    byApp: false,
    surface: "typed",
    eventId: "event-1",
    at: NINE,
  };
  const approved = { ...waiting(), state: "approved" as const };

  it("a cancel before there is a card binds the request alone, and is over at once", () => {
    expect(checkDecision(inputOf(aRequest(KEYS), asker))).toMatchObject({
      kind: "decided",
      event: "cancelled",
      state: "cancelled",
      draft: { verdict: "cancel", entitlement: { kind: "requester", checkedAt: NOW } },
    });
  });

  it.each([
    ["pending", waiting()],
    ["approved", approved],
  ])(
    "a cancel of what is %s binds what was shown, and is spent in the cluster",
    (_state, record) => {
      expect(checkDecision(inputOf(record, asker))).toMatchObject({
        event: "no",
        state: "closing",
        draft: {
          plan: envelopeDigest(record.planned?.envelope ?? record.request.envelope),
          card: envelopeDigest(record.card?.envelope ?? record.request.envelope),
          grantDigest: GRANT_DIGEST,
        },
      });
    },
  );

  it("a cancel needs no plan that verifies", () => {
    const record = waiting({ plan: shownPlan({ grantDigest: "b".repeat(64) }) });

    const judged = checkDecision(inputOf(record, asker));

    expect(judged).toMatchObject({ kind: "decided", event: "no" });
    expect(judged).not.toHaveProperty("draft.plan");
  });

  it("only who asked may cancel", () => {
    const judged = checkDecision(inputOf(waiting(), { ...asker, by: SECURITY }));

    expect(judged).toMatchObject({ kind: "refused", because: "person" });
  });

  it.each([
    ["deactivated", { deactivated: true }],
    ["a bot", { bot: true }],
  ])("who asked may take nothing back once they are %s", (_what, change) => {
    for (const verdict of ["cancel", "revoke"] as const)
      expect(
        checkDecision(
          inputOf(
            approved,
            { ...asker, verdict },
            { person: { ...MEMBER, userId: "U0ASKER", ...change } },
          ),
        ),
      ).toMatchObject({ kind: "refused", because: "person" });
  });

  it("a guest may take back what they asked for", () => {
    const judged = checkDecision(
      inputOf(approved, asker, { person: { ...MEMBER, userId: "U0ASKER", guest: true } }),
    );

    expect(judged).toMatchObject({ kind: "decided" });
  });

  const revoke: DecisionAct = { ...asker, verdict: "revoke" };
  it.each<readonly [who: string, userId: string, kind: string]>([
    ["who asked", "U0ASKER", "requester"],
    ["the team's group", "U0TEAM", "group"],
    ["an approver", SECURITY.userId, "group"],
  ])("a revoke by %s binds the request alone", (_who, userId, kind) => {
    const groups = [
      { group: "S0TEAMX", users: ["U0TEAM"], checkedAt: NOW },
      { group: "S0SECURITY", users: [SECURITY.userId], checkedAt: NOW },
    ];
    const record = {
      ...waiting({ state: "active" }),
      // What else is stored may be lost or broken.
      planned: { ...plannedOf(), envelope: { ...plannedOf().envelope, payload: "e30=" } },
    };

    const judged = checkDecision(
      inputOf(record, { ...revoke, by: { userId, teamId: "T0HOME" } }, { groups }),
    );

    expect(judged).toMatchObject({
      event: "revoked",
      state: "ending",
      draft: { entitlement: { kind }, request: envelopeDigest(record.request.envelope) },
    });
    expect(judged).not.toHaveProperty("draft.plan");
  });

  it("a revoke by anybody else is refused", () => {
    const record = waiting({ state: "active" });
    const judged = checkDecision(
      inputOf(record, { ...revoke, by: { userId: "U0MALLORY", teamId: "T0HOME" } }),
    );

    expect(judged).toMatchObject({ kind: "refused", because: "person" });
  });

  it("a revoke of what is approved and not admitted withdraws it", () => {
    expect(checkDecision(inputOf(approved, revoke))).toMatchObject({
      event: "no",
      state: "closing",
      draft: { verdict: "revoke" },
    });
  });

  it("a revoke works on what a lane reports as open, although the record was put back", () => {
    expect(checkDecision(inputOf(waiting(), revoke))).toMatchObject({ because: "state" });
    expect(checkDecision(inputOf(waiting(), revoke, { reportedOpen: true }))).toMatchObject({
      event: "revoked",
      state: "pending",
    });
  });
});

describe("who was faster", () => {
  it("is named to who comes second, without calling anything active", () => {
    const payload = aDecision(waiting());
    const { envelope } = KEYS.decision.sign("decision", payload);
    const record = waiting({ state: "active", decisions: [{ payload, envelope }] });

    const judged = checkDecision(inputOf(record, { ...CLICK, eventId: "event-2" }));

    if (judged.kind !== "refused") throw new Error("decided");
    expect(judged.refusal).toMatchObject({
      why: "it is approved and admitted",
      decided: { verdict: "approve", by: SECURITY, at: NINE + HOUR },
    });
  });
});
