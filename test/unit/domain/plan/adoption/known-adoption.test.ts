import { describe, expect, it } from "@jest/globals";
import { knownAdoption } from "#src/domain/plan/adoption/known-adoption.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { aRecord } from "#test/unit/slack/request-record.ts";

const TEXT = { headline: "ServiceEntry recipes/cnn: in this order", steps: ["Approve", "Delete"] };
const REFUSAL = {
  outcome: "refusal",
  reason: "ForeignObject",
  what: "it was not planned",
  why: "ServiceEntry team-x/cnn is about it",
  fix: TEXT.headline,
} as const;
const EVIDENCE = {
  at: 1,
  serial: 1,
  egressIpPrefix: undefined,
  checks: [],
  verdict: "advisory",
  advisories: [],
} as const;

function known(...records: readonly RequestRecord[]) {
  const [first = aRecord()] = records;
  const { cluster, scope, destination } = first.asked;
  return knownAdoption(records, { cluster, namespace: scope.namespace, destination })?.text;
}

describe("what was last found out about moving to a destination", () => {
  it.each<readonly [string, RequestRecord, unknown]>([
    ["a card that waits", aRecord({ show: { adoption: TEXT } }), TEXT],
    [
      "a refusal",
      aRecord({ state: "refused", show: false, refusal: { ...REFUSAL, steps: TEXT.steps } }),
      TEXT,
    ],
    [
      "a refusal for something else",
      aRecord({ state: "refused", show: { adoption: TEXT }, refusal: REFUSAL }),
      undefined,
    ],
    [
      "evidence with something left to do",
      aRecord({ state: "active", evidence: { ...EVIDENCE, adoption: TEXT } }),
      TEXT,
    ],
    [
      "evidence with nothing left to do, whatever the card said",
      aRecord({ state: "active", show: { adoption: TEXT }, evidence: EVIDENCE }),
      undefined,
    ],
    ["a card without any", aRecord(), undefined],
  ])("is that of %s", (_what, record, text) => {
    expect(known(record)).toEqual(text);
  });

  it("is the newest request's for that destination, cluster and namespace", () => {
    const old = aRecord({ show: { adoption: TEXT } });
    const later = aRecord({ ask: { at: old.asked.at + 1 } });
    const elsewhere = aRecord({
      ask: { at: old.asked.at + 2, destination: { ...old.asked.destination, port: 8443 } },
      show: { adoption: TEXT },
    });

    expect(known(old, later)).toBeUndefined();
    expect(known(old, elsewhere)).toEqual(TEXT);
    expect(known(later, old, elsewhere)).toBeUndefined();
  });
});
