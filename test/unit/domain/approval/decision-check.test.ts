import { describe, expect, it } from "@jest/globals";
import {
  checkDecision,
  type DecisionAct,
  type DecisionInput,
  type Obstacle,
} from "#src/domain/approval/decision-check.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import {
  aCard,
  aKeyring,
  anAsked,
  aPlanStatement,
  aRequest,
  GRANT_DIGEST,
  HOUR,
  NINE,
} from "#test/support/signed-request.ts";
import {
  CLICK,
  inputOf,
  inThread,
  KEYS,
  MEMBER,
  NOW,
  onMessage,
  plannedOf,
  SECURITY,
  shownPlan,
  TYPED,
  waiting,
  MINUTE,
} from "./decision-inputs.ts";

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
      "over a request for another cluster",
      "unverifiable",
      inputOf(
        waiting({
          request: KEYS.decision.sign("request", {
            ...aRequest(KEYS).request.payload,
            cluster: "prod-2",
          }),
        }),
        CLICK,
      ),
    ],
    ...[{ requestId: "EG-00000" }, { cluster: "prod-2" }].map(
      (change): [string, Obstacle, DecisionInput] => [
        `over a plan of another ${Object.keys(change).join()}`,
        "unverifiable",
        inputOf(waiting({ planned: aPlanStatement(KEYS, aRequest(KEYS), change) }), CLICK),
      ],
    ),
    [
      "over a plan by another rule than people see",
      "unverifiable",
      inputOf(waiting({ plan: shownPlan({ rule: "payment providers" }) }), CLICK),
    ],
    [
      "over a card for another cluster",
      "unverifiable",
      inputOf(waiting({ card: aCard(KEYS, waiting(), { cluster: "prod-2" }) }), CLICK),
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

describe("an act of long ago", () => {
  it.each([
    ["a click", CLICK],
    ["what was typed", TYPED],
  ])("%s opens nothing any more, and denies all the same", (_what, act) => {
    const late = act.at + 10 * MINUTE;

    for (const [now, kind] of [
      [late, "decided"],
      [late + 1, "refused"],
    ] as const)
      expect(checkDecision({ ...inputOf(waiting(), act), now })).toMatchObject({ kind });
    expect(
      checkDecision({ ...inputOf(waiting(), { ...act, verdict: "deny" }), now: late + HOUR }),
    ).toMatchObject({ kind: "decided" });
  });
});
