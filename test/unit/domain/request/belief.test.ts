import { describe, expect, it } from "@jest/globals";
import { believe } from "#src/domain/request/belief.ts";
import { LIVE_STATES, REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import {
  DAY,
  HOUR,
  NINE,
  aDecision,
  aGrantOf,
  aKeyring,
  aRequest,
  anActivation,
  anActiveRequest,
  anAdmission,
  anEnd,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const strangers = aKeyring();
const active = anActiveRequest(keys);
const now = NINE + 3 * HOUR;

function edited<Payload>(signed: Signed<Payload>, change: Partial<Payload>): Signed<Payload> {
  return { ...signed, payload: { ...signed.payload, ...change } };
}

function judge(record: RequestRecord, at = now): string {
  const belief = believe(record, keys.verifiers, at);
  return belief.kind === "tampered" ? `tampered: ${belief.why}` : belief.kind;
}

describe("a request as Sallyport wrote it", () => {
  it("is live, with the admitted grants, until the end of its activation", () => {
    expect(believe(active, keys.verifiers, now)).toEqual({
      kind: "live",
      grants: [aGrantOf(aRequest())],
      endsAt: NINE + 31 * DAY,
    });
  });

  it("is nothing in any state before its admission", () => {
    const before = REQUEST_STATES.filter((state) => !LIVE_STATES.includes(state));

    expect(before.map((state) => judge(aRequest({ state })))).toEqual(before.map(() => "nothing"));
  });

  it("has ended when its time is over, even where nobody wrote that down", () => {
    expect(believe(active, keys.verifiers, NINE + 31 * DAY)).toMatchObject({
      kind: "ended",
      cause: "expired",
      at: NINE + 31 * DAY,
    });
  });

  it("has ended by a signed end or a signed revoke", () => {
    const end = anEnd(keys, { cause: "unproven", at: now });
    const revoke = keys.decision.sign(
      "decision",
      aDecision({ id: "d2", verdict: "revoke", at: now }),
    );

    expect(believe({ ...active, end }, keys.verifiers, now)).toMatchObject({ cause: "unproven" });
    expect(
      believe({ ...active, decisions: [...active.decisions, revoke] }, keys.verifiers, now),
    ).toMatchObject({ kind: "ended", cause: "revoked", at: now });
  });

  it("never lasts longer than what was approved, whatever its activation says", () => {
    const activation = anActivation(keys, { endsAt: NINE + 900 * DAY });

    expect(believe({ ...active, activation }, keys.verifiers, now)).toMatchObject({
      endsAt: NINE + 32 * DAY,
    });
  });

  it("is believed whatever is written into fields nobody acts on", () => {
    const refusal = refuse("Forged", { what: "", why: "", fix: "" });

    expect(judge({ ...active, refusal, since: 0 })).toBe("live");
  });
});

describe("a request somebody wrote past Sallyport", () => {
  it.each(LIVE_STATES)("in state %s without an admission is tampered with", (state) => {
    expect(judge(aRequest({ state }))).toBe(`tampered: state ${state} without an admission`);
  });

  const { admission, activation } = active;
  if (admission === undefined || activation === undefined) throw new Error("an active request");
  const [approval] = active.decisions;
  if (approval === undefined) throw new Error("an active request has a decision");

  const wide = { namespace: "team-x", serviceAccounts: ["other"] };
  const wideGrants = [{ ...aGrantOf(aRequest()), scope: wide }];
  const long = NINE + 900 * DAY;
  const forgeries: readonly (readonly [string, RequestRecord, string])[] = [
    [
      "an admission signed by a stranger",
      { ...active, admission: anAdmission(strangers) },
      "the admission's signature is not the worker's",
    ],
    [
      "an admission signed with the decision key",
      { ...active, admission: keys.decision.sign("admission", admission.payload) },
      "the admission's signature is not the worker's",
    ],
    [
      "a decision's signature used for an admission",
      { ...active, admission: { ...admission, signature: approval.signature } },
      "the admission's signature is not the worker's",
    ],
    [
      "a scope widened in the admission",
      { ...active, admission: edited(admission, { grants: wideGrants }) },
      "the admission's signature is not the worker's",
    ],
    [
      "a scope widened in what was asked",
      { ...active, asked: { ...active.asked, scope: wide } },
      "what is stored as asked differs from what was admitted",
    ],
    [
      "another host in what was asked",
      {
        ...active,
        asked: { ...active.asked, destination: { ...active.asked.destination, host: "evil.test" } },
      },
      "what is stored as asked differs from what was admitted",
    ],
    [
      "a latest end lengthened in what was asked",
      { ...active, asked: { ...active.asked, latestEnd: long } },
      "what is stored as asked differs from what was admitted",
    ],
    [
      "a latest end lengthened in the admission",
      {
        ...active,
        admission: edited(admission, { grants: [{ ...aGrantOf(aRequest()), latestEnd: long }] }),
      },
      "the admission's signature is not the worker's",
    ],
    [
      "an end lengthened in the activation",
      { ...active, activation: edited(activation, { endsAt: long }) },
      "the activation's signature is not the worker's",
    ],
    [
      "the activation of another request",
      { ...active, activation: anActivation(keys, { requestId: "EG-00000" }) },
      "the activation belongs to another request",
    ],
    [
      "the whole admission of another request",
      { ...active, admission: anAdmission(keys, { requestId: "EG-00000" }) },
      "the admission belongs to EG-00000",
    ],
    [
      "a forged approval",
      { ...active, decisions: [strangers.decision.sign("decision", aDecision())] },
      "a decision's signature is not the bot's",
    ],
    [
      "an approval signed by the worker",
      { ...active, decisions: [keys.workerRecord.sign("decision", aDecision())] },
      "a decision's signature is not the bot's",
    ],
    [
      "an approval of another request",
      {
        ...active,
        decisions: [keys.decision.sign("decision", aDecision({ requestId: "EG-00000" }))],
      },
      "a decision belongs to EG-00000",
    ],
    [
      "an approval of another plan",
      {
        ...active,
        decisions: [keys.decision.sign("decision", aDecision({ grantDigest: "0".repeat(64) }))],
      },
      "the decision decision-1 approved another plan",
    ],
    [
      "a denial in the place of the approval",
      { ...active, decisions: [keys.decision.sign("decision", aDecision({ verdict: "deny" }))] },
      "the decision decision-1 is no approval",
    ],
    [
      "its approval taken away",
      { ...active, decisions: [] },
      "the decision decision-1 it was admitted by is missing",
    ],
    [
      "an admission that rests on nothing",
      { ...active, admission: anAdmission(keys, { decisions: [] }) },
      "the admission rests on no decision",
    ],
    [
      "an admission without grants",
      { ...active, admission: anAdmission(keys, { grants: [] }) },
      "the admission has no grant",
    ],
    [
      "a forged end",
      { ...active, end: anEnd(strangers) },
      "the end's signature is not the worker's",
    ],
    [
      "the end of another request",
      { ...active, end: anEnd(keys, { requestId: "EG-00000" }) },
      "the end belongs to another request",
    ],
    [
      "a forged revoke",
      {
        ...active,
        decisions: [
          ...active.decisions,
          strangers.decision.sign("decision", aDecision({ id: "d2", verdict: "revoke" })),
        ],
      },
      "a decision's signature is not the bot's",
    ],
  ];
  it.each(forgeries)("with %s is tampered with", (_name, record, why) => {
    expect(judge(record)).toBe(`tampered: ${why}`);
  });

  it("with its activation taken away, so that its time would start again, is tampered with", () => {
    const { activation: _taken, ...rolledBack } = active;

    expect(judge(rolledBack)).toBe("tampered: state active without an activation");
  });

  it("with its admission taken away, so that it would be forgotten, is tampered with", () => {
    const { admission: _taken, ...rolledBack } = active;

    expect(judge({ ...rolledBack, state: "pending" })).toBe(
      "tampered: state pending without an admission",
    );
  });
});
