import { describe, expect, it } from "@jest/globals";
import {
  checkDecision,
  type DecisionAct,
  type DecisionInput,
  type Obstacle,
} from "#src/domain/approval/decision-check.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { envelopeDigest } from "#src/domain/request/envelope.ts";
import type { Plan, RequestRecord } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signature.ts";
import {
  aCard,
  aDecision,
  aKeyring,
  anAsked,
  aPendingRequest,
  aPlanStatement,
  aRequest,
  GRANT_DIGEST,
  HOUR,
  NINE,
} from "#test/support/signed-request.ts";

const KEYS = aKeyring();
const NOW = NINE + HOUR;
const SECURITY = { userId: "U0SECURITY", teamId: "T0HOME" };
const CHANNEL = "C0SECURITY";
const CARD_TS = "1772442001.000100";

/** What people see of the plan: as far as it has to agree with the signed one. */
function shownPlan(change: Partial<Plan> = {}): Plan {
  const asked = anAsked();
  const placement = {
    cluster: asked.cluster,
    namespace: "team-x",
    serviceAccounts: [],
    gateway: "egress-gw/egw",
  };
  const approvers = { groups: ["S0SECURITY"], users: [] };
  return {
    madeAt: NINE + 1000,
    grantDigest: GRANT_DIGEST,
    basis: {
      cluster: "/subscriptions/s/managedclusters/prod-1",
      gateway: asked.gateway,
      namespaceUid: "uid",
      scope: asked.scope,
      destination: asked.destination,
      durationMs: null,
      latestEnd: asked.latestEnd,
      rule: { name: "default", action: { kind: "ask", approvers } },
      team: { name: "team-x", placements: [placement], channel: undefined, userGroup: undefined },
      placement,
    },
    namespaceUid: "uid",
    steps: [],
    objectCount: 9,
    yaml: "",
    warnings: [],
    rule: "default",
    approvers,
    addresses: ["192.0.2.10"],
    ...change,
  };
}

function waiting(change: Partial<RequestRecord> = {}): RequestRecord {
  return aPendingRequest(KEYS, { plan: shownPlan(), ...change });
}

const CLICK: DecisionAct = {
  requestId: "EG-7QK4M",
  verdict: "approve",
  by: SECURITY,
  byApp: false,
  surface: "button",
  eventId: "event-1",
  at: NINE + 10_000,
  shown: { on: "message", channel: CHANNEL, ts: CARD_TS, grantDigest: GRANT_DIGEST },
};

const TYPED: DecisionAct = {
  ...CLICK,
  surface: "typed",
  shown: { on: "thread", channel: CHANNEL, threadTs: CARD_TS, code: "3f9a0c1d" },
};

const MEMBER = {
  userId: SECURITY.userId,
  teamId: "T0HOME",
  deactivated: false,
  bot: false,
  guest: false,
  stranger: false,
};

function inputOf(
  record: RequestRecord,
  act: DecisionAct,
  change: Partial<DecisionInput> = {},
): DecisionInput {
  return {
    act,
    record,
    statements: openStatements(record, KEYS.trust, NOW),
    reportedOpen: false,
    person: { ...MEMBER, userId: act.by.userId },
    homeTeam: "T0HOME",
    groups: [{ group: "S0SECURITY", users: [SECURITY.userId], checkedAt: NOW - 5000 }],
    rights: { approvers: { groups: ["S0SECURITY"], users: [] }, teamGroup: "S0TEAMX" },
    now: NOW,
    configDigest: "c".repeat(64),
    ...change,
  };
}

describe("a decision on the live card", () => {
  it.each([
    ["a click", CLICK],
    ["a typed code", TYPED],
  ])("by %s binds the request, the plan and the card that were read", (_how, act) => {
    const record = waiting();

    const judged = checkDecision(inputOf(record, act));

    expect(judged).toEqual({
      kind: "decided",
      event: "approved",
      state: "approved",
      draft: {
        about: "request",
        requestId: "EG-7QK4M",
        cluster: "prod-1",
        verdict: "approve",
        request: envelopeDigest(record.request.envelope),
        plan: envelopeDigest(record.planned?.envelope ?? record.request.envelope),
        card: envelopeDigest(record.card?.envelope ?? record.request.envelope),
        grantDigest: GRANT_DIGEST,
        by: SECURITY,
        entitlement: { kind: "group", group: "S0SECURITY", checkedAt: NOW - 5000 },
        surface: act.surface,
        eventId: "event-1",
        at: NOW,
        config: "c".repeat(64),
      },
    });
  });

  it("can be signed, and is read back as it was signed", () => {
    const judged = checkDecision(inputOf(waiting(), { ...CLICK, reason: "known supplier" }));
    if (judged.kind !== "decided") throw new Error("refused");

    const decision = { ...judged.draft, id: "decision-1" };
    const { envelope } = KEYS.decision.sign("decision", decision);

    expect(openStatement(KEYS.trust, envelope, { kind: "decision", at: NOW })).toEqual({
      opened: true,
      statement: { payload: decision, envelope },
    });
  });
});

describe("nobody decides", () => {
  const other = aPlanStatement(KEYS, aRequest(KEYS), { grantDigest: "b".repeat(64) });
  const thief = aKeyring();

  it.each<readonly [what: string, because: Obstacle, input: DecisionInput]>([
    [
      "through an app that has a person's token",
      "source",
      inputOf(waiting(), { ...CLICK, byApp: true }),
    ],
    [
      "from another workspace",
      "source",
      inputOf(waiting(), { ...CLICK, by: { ...SECURITY, teamId: "T0OTHER" } }),
    ],
    [
      "on what is approved already",
      "state",
      inputOf(waiting({ state: "approved" }), { ...CLICK, eventId: "event-2" }),
    ],
    ["on what has no plan yet", "state", inputOf(aRequest(KEYS), CLICK)],
    [
      "over a request that another key signed",
      "unverifiable",
      inputOf(waiting({ request: aRequest(thief).request }), CLICK),
    ],
    [
      "over a request that says something else than the record",
      "unverifiable",
      inputOf({ ...waiting(), asked: anAsked({ reason: "harmless" }) }, CLICK),
    ],
    [
      "over a request of another id",
      "unverifiable",
      inputOf(waiting({ request: aRequest(KEYS, { id: "EG-00000" }).request }), CLICK),
    ],
    [
      "over a plan that another key signed",
      "unverifiable",
      inputOf(waiting({ planned: aPlanStatement(thief, aRequest(KEYS)) }), CLICK),
    ],
    [
      "over a plan made for another request",
      "unverifiable",
      inputOf(
        waiting({ planned: aPlanStatement(KEYS, aRequest(KEYS), { request: "0".repeat(64) }) }),
        CLICK,
      ),
    ],
    [
      "over a plan other than the one people see",
      "unverifiable",
      inputOf(waiting({ plan: shownPlan({ grantDigest: "b".repeat(64) }) }), CLICK),
    ],
    [
      "over a plan whose shown steps are not the signed ones",
      "unverifiable",
      inputOf(
        waiting({
          plan: shownPlan({ steps: [{ kind: "namespace", target: "egress-gw", spec: {} }] }),
        }),
        CLICK,
      ),
    ],
    [
      "over a plan with other approvers than people see",
      "unverifiable",
      inputOf(waiting({ plan: shownPlan({ approvers: { groups: [], users: ["U0X"] } }) }), CLICK),
    ],
    [
      "over a card that another key signed",
      "unverifiable",
      inputOf(waiting({ card: aCard(thief, waiting()) }), CLICK),
    ],
    [
      "over a card of another request",
      "unverifiable",
      inputOf(waiting({ card: aCard(KEYS, waiting(), { requestId: "EG-00000" }) }), CLICK),
    ],
    [
      "before the card is signed",
      "card-missing",
      inputOf(
        { ...aRequest(KEYS), state: "pending", plan: shownPlan(), planned: plannedOf() },
        CLICK,
      ),
    ],
    [
      "while the card still shows an earlier plan",
      "card-missing",
      inputOf(waiting({ card: aCard(KEYS, { ...waiting(), planned: other }) }), CLICK),
    ],
    [
      "on another message",
      "other-message",
      inputOf(waiting(), { ...CLICK, shown: onMessage({ ts: "1772442009.000100" }) }),
    ],
    [
      "on the same message id in another channel",
      "other-message",
      inputOf(waiting(), { ...CLICK, shown: onMessage({ channel: "C0TEAMX" }) }),
    ],
    [
      "in another thread",
      "other-message",
      inputOf(waiting(), { ...TYPED, shown: inThread({ threadTs: "1772442000.000100" }) }),
    ],
    [
      "in the thread of another channel",
      "other-message",
      inputOf(waiting(), { ...TYPED, shown: inThread({ channel: "C0TEAMX" }) }),
    ],
    [
      "without having read anything",
      "other-message",
      inputOf(waiting(), { ...CLICK, shown: undefined } as unknown as DecisionAct),
    ],
    [
      "on a plan that is not shown any more",
      "card-changed",
      inputOf(waiting(), { ...CLICK, shown: onMessage({ grantDigest: "b".repeat(64) }) }),
    ],
    [
      "with another code",
      "card-changed",
      inputOf(waiting(), { ...TYPED, shown: inThread({ code: "3f9a0c1e" }) }),
    ],
    [
      "by an event older than the card",
      "card-changed",
      inputOf(waiting(), { ...TYPED, at: NINE + 1999 }),
    ],
    [
      "who asked for it",
      "person",
      inputOf(waiting(), { ...CLICK, by: { userId: "U0ASKER", teamId: "T0HOME" } }),
    ],
    [
      "who is not among the approvers",
      "person",
      inputOf(waiting(), { ...CLICK, by: { ...SECURITY, userId: "U0MALLORY" } }),
    ],
    ["whom Slack does not know", "person", inputOf(waiting(), CLICK, { person: undefined })],
    ["who is a guest", "person", inputOf(waiting(), CLICK, { person: { ...MEMBER, guest: true } })],
    ["who is a bot", "person", inputOf(waiting(), CLICK, { person: { ...MEMBER, bot: true } })],
    ["who left", "person", inputOf(waiting(), CLICK, { person: { ...MEMBER, deactivated: true } })],
    [
      "whose account is another organisation's",
      "person",
      inputOf(waiting(), CLICK, { person: { ...MEMBER, teamId: "T0OTHER" } }),
    ],
  ])("%s: %s", (_what, because, input) => {
    for (const verdict of ["approve", "deny"] as const) {
      const judged = checkDecision({ ...input, act: { ...input.act, verdict } });

      expect(judged).toMatchObject({ kind: "refused", because });
    }
  });
});

function plannedOf() {
  return aPlanStatement(KEYS, aRequest(KEYS));
}

function onMessage(change: object) {
  return {
    on: "message" as const,
    channel: CHANNEL,
    ts: CARD_TS,
    grantDigest: GRANT_DIGEST,
    ...change,
  };
}

function inThread(change: object) {
  return {
    on: "thread" as const,
    channel: CHANNEL,
    threadTs: CARD_TS,
    code: "3f9a0c1d",
    ...change,
  };
}

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
    const first = KEYS.decision.sign("decision", aDecision(waiting()));
    const decision = {
      payload: { ...aDecision(waiting()) },
      envelope: first.envelope,
    };
    const record = waiting({ state: "active", decisions: [decision] });

    const judged = checkDecision(inputOf(record, { ...CLICK, eventId: "event-2" }));

    if (judged.kind !== "refused") throw new Error("decided");
    expect(judged.refusal.why).toBe(
      "it is approved and admitted; approved by <@U0SECURITY> 2026-03-02 10:00 UTC",
    );
  });
});
