import { describe, expect, it } from "@jest/globals";
import { isUnsettled } from "#src/domain/plan/situation.ts";
import { judgeEgressGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { statusRecordName } from "#src/domain/request/egress-grant/signed-status.ts";
import { aKeyring, anActiveRequest, anEnd, GRANT_UID } from "#test/support/signed-request.ts";
import { anObject, FACTS, keys } from "./judged-object.ts";

const active = anActiveRequest(keys);
const end = anEnd(keys, active);
const ended = anObject(active);
const NAME = statusRecordName("removal", active.id, GRANT_UID);
const VALUE = { at: 1, verdict: "passed" };

function unsettled(removal: unknown): boolean | undefined {
  const object = { ...ended, status: { removal } };
  const [judged] =
    judgeEgressGrant(object, { trust: keys.trust, facts: FACTS, ends: [end.envelope] }) ?? [];
  return judged?.verdict === "closed" ? isUnsettled(judged) : undefined;
}

function said(statement: unknown): unknown {
  return { at: "2026-03-02T09:00:00Z", verdict: "passed", statement };
}

describe("that what ended is refused", () => {
  it("is believed where the worker signed it for this very object", () => {
    expect(unsettled(said(keys.worker.sign("record", { name: NAME, value: VALUE }).envelope))).toBe(
      false,
    );
  });

  it("says what was signed, whatever stands beside the signature", () => {
    const value = { at: 1, verdict: "unknown" } as const;
    const removal = said(keys.worker.sign("record", { name: NAME, value }).envelope);
    const object = { ...ended, status: { removal } };

    expect(
      judgeEgressGrant(object, { trust: keys.trust, facts: FACTS, ends: [end.envelope] }),
    ).toMatchObject([{ removal: value }]);
  });

  it.each([
    ["nothing", undefined],
    [
      "a verdict that there is not",
      said(keys.worker.sign("record", { name: NAME, value: { at: 1, verdict: "fine" } }).envelope),
    ],
    ["a word", "passed"],
    ["nobody's signature", said(undefined)],
    ["an envelope that is none", said({ payloadType: "x" })],
    ["the bot's signature", said(keys.bot.sign("record", { name: NAME, value: VALUE }).envelope)],
    [
      "the decision key's signature",
      said(keys.decision.sign("record", { name: NAME, value: VALUE }).envelope),
    ],
    [
      "another worker's signature",
      said(aKeyring().worker.sign("record", { name: NAME, value: VALUE }).envelope),
    ],
    [
      "another instance's signature",
      said(aKeyring("other").worker.sign("record", { name: NAME, value: VALUE }).envelope),
    ],
    [
      "what was signed for another object of the same name",
      said(
        keys.worker.sign("record", {
          name: statusRecordName("removal", active.id, "other-uid"),
          value: VALUE,
        }).envelope,
      ),
    ],
    [
      "what was signed for another request",
      said(
        keys.worker.sign("record", {
          name: statusRecordName("removal", "EG-00000", GRANT_UID),
          value: VALUE,
        }).envelope,
      ),
    ],
    [
      "another record",
      said(keys.worker.sign("record", { name: "lane:board:prod-1", value: VALUE }).envelope),
    ],
    ["a statement of another kind", said(end.envelope)],
  ])("is not believed with %s", (_what, removal) => {
    expect(unsettled(removal)).toBe(true);
  });
});

const APPLIED = [{ type: "Applied", status: "True" }];
const EVIDENCE = { at: 1, verdict: "enforced", serial: 3 } as const;

function openWith(status: Readonly<Record<string, unknown>>): unknown {
  const [judged] =
    judgeEgressGrant({ ...ended, status }, { trust: keys.trust, facts: FACTS, ends: [] }) ?? [];
  if (judged?.verdict !== "open") throw new TypeError("not open");
  return { proof: judged.proof, wasApplied: judged.wasApplied };
}

function signed(
  field: "applied" | "evidence",
  value: unknown,
  { uid = GRANT_UID, by = keys.worker } = {},
): unknown {
  const name = statusRecordName(field, active.id, uid);
  return { verdict: "advisory", statement: by.sign("record", { name, value }).envelope };
}

describe("that a grant is in place and proven", () => {
  it("is believed where the worker signed it for this very object, as it was signed", () => {
    const status = {
      conditions: APPLIED,
      applied: signed("applied", { at: 1 }),
      evidence: signed("evidence", EVIDENCE),
    };

    expect(openWith(status)).toEqual({ proof: EVIDENCE, wasApplied: true });
    expect(openWith({ ...status, conditions: [] })).toMatchObject({ wasApplied: false });
  });

  it.each([
    ["nobody's signature", { applied: { at: "x" }, evidence: EVIDENCE }],
    [
      "what was signed for another object of the same name",
      {
        applied: signed("applied", { at: 1 }, { uid: "other-uid" }),
        evidence: signed("evidence", EVIDENCE, { uid: "other-uid" }),
      },
    ],
    [
      "the bot's signature",
      {
        applied: signed("applied", { at: 1 }, { by: keys.bot }),
        evidence: signed("evidence", EVIDENCE, { by: keys.bot }),
      },
    ],
    [
      "what was signed for another field",
      { applied: signed("evidence", EVIDENCE), evidence: signed("applied", { at: 1 }) },
    ],
  ])("is not believed with %s", (_what, status) => {
    expect(openWith({ conditions: APPLIED, ...status })).toEqual({
      proof: undefined,
      wasApplied: false,
    });
  });
});
