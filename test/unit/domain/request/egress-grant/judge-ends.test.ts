import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import {
  type ClusterFacts,
  type GrantJudgement,
  judgeEgressGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import {
  aDecision,
  aGrantOf,
  aKeyring,
  anActiveRequest,
  anEnd,
  DAY,
  HOUR,
  NINE,
} from "#test/support/signed-request.ts";
import {
  keys,
  FACTS,
  type Json,
  anObject,
  judge,
  replaced,
  whole,
  active,
} from "./judged-object.ts";

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
      answered: { answers: envelopeDigest(revoke.envelope), by: revoke.payload.by },
    });
  });
});

/** Every way an API server lets somebody write a time. */
const WRITTEN = ["T", "t"].flatMap((separator) =>
  ["", ".5", ",5", "x123456789", "-5"].flatMap((fraction) =>
    ["Z", "z", "+00:00", "-00:30"].map(
      (zone) => `2020-03-01${separator}09:00:00${fraction}${zone}`,
    ),
  ),
);

describe("who may write into the cluster and has no key of ours keeps nothing open", () => {
  const statement = anEnd(keys, active).envelope;

  it.each(WRITTEN)("by an end, or an earlier time, at %s", (at) => {
    for (const change of [
      { end: { [active.id]: { cause: "revoked", at, statement } } },
      { endsAt: at },
    ])
      expect(judge({ ...whole, spec: { ...whole.spec, ...change } })).toBe("closed");
  });

  it.each(WRITTEN)("by an activation at %s, which keeps nothing from being closed", (at) => {
    const spec = { ...whole.spec, activation: { at, endsAt: at, statement } };

    expect(judge({ ...whole, spec })).toBe("found");
    expect(judge(deleted(spec))).toBe("closed");
    expect(judge({ ...whole, spec }, { now: NINE + 32 * DAY })).toBe("closed");
  });

  it("by an end for a cause that only a later version knows", () => {
    const end = { [active.id]: { cause: "moved", at: timeText(NINE), statement } };

    expect(judge({ ...whole, spec: { ...whole.spec, end } })).toBe("closed");
  });
});

function applied(status: string): Json {
  return { conditions: [{ type: "Applied", status }] };
}

function judgementOf(object: KubernetesObject): GrantJudgement {
  const [only] = judgeEgressGrant(object, { trust: keys.trust, facts: FACTS, ends: [] }) ?? [];
  if (only === undefined) throw new Error("unreadable");
  return only;
}

describe("what somebody put in from another request says nothing of this one", () => {
  const other = anActiveRequest(keys, { id: "EG-00000" });
  const foreignGrants = {
    ...whole.spec,
    grants: anObject(other, {}).spec?.["grants"],
  };
  const foreignAdmission = { ...whole.spec, admission: other.admission?.envelope };

  it("its grants: found, and what was signed is what an end takes away", () => {
    expect(judgementOf({ ...whole, spec: foreignGrants })).toMatchObject({
      verdict: "found",
      why: "spec",
      grant: aGrantOf(active),
    });
  });

  it("its admission: found, and was open where its own request was seen in place", () => {
    const spec = foreignAdmission;

    expect(judgementOf({ ...whole, spec })).toMatchObject({ verdict: "found", wasOpen: false });
    for (const status of ["True", "Unknown"])
      expect(judgementOf({ ...whole, spec, status: applied(status) })).toMatchObject({
        verdict: "found",
        grant: aGrantOf(active),
        wasOpen: true,
      });
  });

  it("and who only writes that it was in place names no namespace to look into", () => {
    const statements = { decisions: [] };

    expect(
      judgementOf({ ...whole, spec: { ...foreignAdmission, statements }, status: applied("True") })
        .wasOpen,
    ).toBe(false);
  });
});

describe("an end lasts that the object itself keeps", () => {
  it.each(ENDS)("%s", (name, make) => {
    const [object, facts, ends] = make(whole.spec as Json);
    const [closed] =
      judgeEgressGrant(object, { trust: keys.trust, facts: { ...FACTS, ...facts }, ends }) ?? [];

    expect(closed).toMatchObject({ verdict: "closed", lasting: !name.includes("in Redis") });
  });

  it("but not a namespace that was made again", () => {
    const namespaces = new Map([...FACTS.namespaces, ["team-x", "another"]]);
    const facts = { ...FACTS, namespaces };
    const [closed] = judgeEgressGrant(whole, { trust: keys.trust, facts, ends: [] }) ?? [];

    expect(closed).toMatchObject({ verdict: "closed", lasting: false });
  });
});
