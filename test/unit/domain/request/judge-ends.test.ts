import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { timeText } from "#src/domain/request/egress-grant.ts";
import { envelopeDigest } from "#src/domain/request/envelope.ts";
import { type ClusterFacts, judgeEgressGrant } from "#src/domain/request/judge-egress-grant.ts";
import {
  aDecision,
  aKeyring,
  anActiveRequest,
  anEnd,
  DAY,
  HOUR,
  NINE,
} from "#test/support/signed-request.ts";
import { keys, FACTS, type Json, judge, replaced, whole, active } from "./judged-object.ts";

const brokenSpec = replaced(whole.spec, ["statements", "plan", "payload"], () => "AAAA") as Json;
const revoke = keys.decision.sign(
  "decision",
  aDecision(active, { verdict: "revoke", id: "revoke-1", at: NINE + 2 * HOUR }),
);

/** One end each, on an object that is whole and on one that is broken. */
const ENDS: readonly (readonly [
  string,
  (spec: Json) => readonly [KubernetesObject, Partial<ClusterFacts>, readonly unknown[]],
])[] = [
  ["an entry under the grant's id", (spec) => [ended(spec, active.id), {}, []]],
  ["a deletion", (spec) => [deleted(spec), {}, []]],
  ["a time that is over", (spec) => [{ ...whole, spec }, { now: NINE + 32 * DAY }, []]],
  [
    "an earlier end in its status",
    (spec) => [{ ...whole, spec, status: { endsAt: timeText(NINE + 2 * HOUR) } }, {}, []],
  ],
  ["the worker's end in Redis", (spec) => [{ ...whole, spec }, {}, [anEnd(keys, active).envelope]]],
  ["a person's revoke in Redis", (spec) => [{ ...whole, spec }, {}, ["junk", revoke.envelope]]],
];

function ended(spec: Json, id: string): KubernetesObject {
  const end = { [id]: { cause: "revoked", at: timeText(NINE + 2 * HOUR), statement: {} } };
  return { ...whole, spec: { ...spec, end } };
}

function deleted(spec: Json): KubernetesObject {
  return {
    ...whole,
    metadata: { ...whole.metadata, deletionTimestamp: timeText(NINE + 2 * HOUR) },
    spec,
  };
}

describe("closing takes one end, whatever else is wrong", () => {
  it.each(ENDS)("%s", (_name, make) => {
    for (const spec of [whole.spec as Json, brokenSpec]) {
      const [object, facts, ends] = make(spec);

      expect(judge(object, facts, ends)).toBe("closed");
    }
  });

  it("a namespace that was made again", () => {
    const namespaces = new Map([...FACTS.namespaces, ["team-x", "another"]]);

    expect(judge(whole, { namespaces })).toBe("closed");
  });

  it("but a namespace that is missing changes nothing", () => {
    expect(judge(whole, { namespaces: new Map() })).toBe("open");
  });

  it("but not a deletion that only follows that of our own namespace", () => {
    expect(judge(deleted(whole.spec as Json), { terminating: true })).toBe("open");
  });

  it("but not an end of another request, of another key, or a no that is an approval", () => {
    const other = anActiveRequest(keys, { id: "EG-00000" });
    const approval = active.decisions[0]?.envelope;
    const ends = [anEnd(keys, other).envelope, anEnd(aKeyring(), active).envelope, approval];

    expect(judge(whole, {}, ends)).toBe("open");
  });

  it("names the decision that ended it", () => {
    const [judged] =
      judgeEgressGrant(whole, { trust: keys.trust, facts: FACTS, ends: [revoke.envelope] }) ?? [];

    expect(judged).toMatchObject({
      verdict: "closed",
      cause: "revoked",
      recorded: false,
      answers: envelopeDigest(revoke.envelope),
    });
  });
});
