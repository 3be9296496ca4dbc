import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { evaluatePolicy } from "#src/domain/approval/policy.ts";
import { compile } from "#src/domain/compile/compile.ts";
import { type Destination, gatewayKey } from "#src/domain/grant.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { grantDigest, planBasis, symbolicFacts } from "#src/domain/plan/grant-digest.ts";
import { isNew, isUnsettled } from "#src/domain/plan/situation.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { newEgressGrant, timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { judgeEgressGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { statusRecord } from "#src/domain/request/egress-grant/signed-status.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import { MOST_DESTINATIONS } from "#src/domain/request/shapes.ts";
import {
  aDecision,
  anActiveRequest,
  anAdmission,
  anAsked,
  anEnd,
  GRANT_UID,
  INSTANCE,
  NAMESPACE_UID,
  NINE,
} from "#test/support/signed-request.ts";
import { anObject, FACTS, type Json, keys } from "./judged-object.ts";

/* One EgressGrant with several grants: each opens by the one admission, and ends by itself. */

function destination(host: string): Destination {
  return { host, port: 443, mode: "tls" };
}

function askedFor(hosts: readonly string[]): Asked {
  const [first = "a.example.com", ...more] = hosts;
  return anAsked({
    destination: destination(first),
    typedHost: first,
    registrableDomain: "example.com",
    ...(more.length === 0
      ? {}
      : {
          also: more.map((host) => ({
            destination: destination(host),
            typedHost: host,
            registrableDomain: "example.com",
          })),
        }),
  });
}

function activeOf(hosts: readonly string[]): RequestRecord {
  const asked = askedFor(hosts);
  const { activation: _, ...bare } = anActiveRequest(keys, { asked });
  const admission = anAdmission(keys, bare, { grants: grantsAsked(bare) });
  return anActiveRequest(keys, { ...bare, admission });
}

const HOSTS = ["a.example.com", "b.example.com", "c.example.com"];
const three = activeOf(HOSTS);
const one = activeOf(HOSTS.slice(0, 1));

function objectOf(record: RequestRecord, spec: Json = {}): KubernetesObject {
  const { grants } = objectSpec(record);
  return anObject(record, { spec: { grants, ...spec } });
}

function objectSpec(record: RequestRecord): Json {
  const made = newEgressGrant({
    instance: INSTANCE,
    namespace: "sallyport-system",
    record,
    grants: grantsAsked(record),
  });
  return made.spec as Json;
}

const whole = objectOf(three);

function judged(object: KubernetesObject, ends: readonly unknown[] = []) {
  return judgeEgressGrant(object, { trust: keys.trust, facts: FACTS, ends }) ?? [];
}

function verdicts(object: KubernetesObject, ends: readonly unknown[] = []): readonly string[] {
  return judged(object, ends).map(({ verdict }) => verdict);
}

const ALL_OPEN = ["open", "open", "open"];
const SECOND_CLOSED = ["open", "closed", "open"];
const second = `${three.id}.2`;

describe("three destinations of one request", () => {
  it("are open by one admission, numbered as they were written", () => {
    expect(judged(whole).map(({ grant }) => [grant.id, grant.destination.host])).toEqual(
      HOSTS.map((host, at) => [`${three.id}.${at + 1}`, host]),
    );
    expect(verdicts(whole)).toEqual(ALL_OPEN);
  });

  it.each([
    ["the worker's end", () => anEnd(keys, three, { grantIds: [second] }).envelope],
    [
      "a person's revoke",
      () =>
        keys.decision.sign("decision", aDecision(three, { verdict: "revoke", grantIds: [second] }))
          .envelope,
    ],
  ])("close one alone by %s of it", (_by, end) => {
    expect(verdicts(whole, [end()])).toEqual(SECOND_CLOSED);
  });

  it("close one alone by its entry in the object, whoever wrote that", () => {
    const entry = { cause: "revoked", at: timeText(NINE), statement: {} };

    expect(verdicts(objectOf(three, { end: { [second]: entry } }))).toEqual(SECOND_CLOSED);
    expect(verdicts(objectOf(three, { end: { [three.id]: entry } }))).toEqual([
      "closed",
      "closed",
      "closed",
    ]);
  });

  it.each([
    ["the worker's end", () => anEnd(keys, three).envelope],
    [
      "a person's revoke",
      () => keys.decision.sign("decision", aDecision(three, { verdict: "revoke" })).envelope,
    ],
  ])("all close by %s of the request", (_by, end) => {
    expect(verdicts(whole, [end()])).toEqual(["closed", "closed", "closed"]);
  });

  it("are not closed by what names one of another request", () => {
    const other = anActiveRequest(keys, { id: "EG-00000", asked: three.asked });
    const ends = [
      anEnd(keys, other, { grantIds: [second] }).envelope,
      keys.decision.sign("decision", aDecision(other, { verdict: "revoke", grantIds: [second] }))
        .envelope,
      keys.decision.sign("decision", aDecision(three, { grantIds: [second] })).envelope,
    ];

    expect(verdicts(whole, ends)).toEqual(ALL_OPEN);
  });

  it("are all spent by a no", () => {
    const end = { cause: "denied", at: NINE, statement: anEnd(keys, three).envelope } as const;
    const object = newEgressGrant({
      instance: INSTANCE,
      namespace: "sallyport-system",
      record: three,
      grants: grantsAsked(three),
      end,
    });

    expect(judged(object).map(({ verdict, wasOpen }) => [verdict, wasOpen])).toEqual(
      HOSTS.map(() => ["closed", false]),
    );
  });
});

describe("an approval of some destinations opens no others", () => {
  it.each([
    ["one less", HOSTS.slice(0, 2)],
    ["one more", [...HOSTS, "d.example.com"]],
    ["another one", ["a.example.com", "b.example.com", "x.example.com"]],
    ["another order", ["b.example.com", "a.example.com", "c.example.com"]],
    ["the first alone", HOSTS.slice(0, 1)],
  ])("%s, in the spec", (_what, hosts) => {
    const { grants } = objectSpec({ ...three, asked: askedFor(hosts) });

    for (const verdict of verdicts(objectOf(three, { grants }))) expect(verdict).toBe("found");
  });

  it("nor does the admission of another set, put into the object", () => {
    const admission = anAdmission(keys, three, {
      grants: grantsAsked({ ...three, asked: askedFor([...HOSTS, "d.example.com"]) }),
    });

    for (const verdict of verdicts(objectOf(three, { admission: admission.envelope })))
      expect(verdict).toBe("found");
  });

  it("nor an old plan and admission of the first alone", () => {
    const { statements } = objectSpec(one);
    const admission = one.admission?.envelope;

    for (const spec of [{ statements }, { admission }, { statements, admission }])
      for (const verdict of verdicts(objectOf(three, spec))) expect(verdict).toBe("found");
  });
});

function digestOf(asked: Asked): string {
  const approvers = { groups: ["S0SECURITY"], users: [] };
  const { rule: name, action } = evaluatePolicy(
    { rules: [], wildcards: false, approvers },
    { ...asked.destination, team: "t", cluster: "c", requester: "U", durationMs: 1 },
  );
  const placement = { cluster: "c", namespace: "team-x", serviceAccounts: [], gateway: "g/g" };
  const basis = planBasis(asked, {
    clusterId: "/c",
    namespaceUid: NAMESPACE_UID,
    rule: { name, action },
    rules: [{ name, action }],
    team: { name: "t", placements: [placement], channel: undefined, userGroup: undefined },
    placement,
  });
  const compiled = compile({
    instance: INSTANCE,
    grants: grantsAsked({ id: "EG-7QK4M", asked }),
    namespaces: [{ namespace: asked.scope.namespace, gateway: gatewayKey(asked.gateway) }],
    gateways: [symbolicFacts(asked.gateway)],
  });
  return grantDigest(basis, compiled);
}

const host = fc
  .constantFrom(...Array.from("abcdefghijkl"))
  .map((letter) => `${letter}.example.com`);
const hosts = fc.uniqueArray(host, { minLength: 1, maxLength: MOST_DESTINATIONS });

describe("any set of up to ten destinations", () => {
  it("has a number each, or the request's own id where it is one", () => {
    fc.assert(
      fc.property(hosts, (some) => {
        const ids = grantsAsked({ id: "EG-7QK4M", asked: askedFor(some) }).map(({ id }) => id);

        expect(ids).toEqual(
          some.length === 1 ? ["EG-7QK4M"] : some.map((_, at) => `EG-7QK4M.${at + 1}`),
        );
      }),
    );
  });

  it("is bound by the digest: another set has another one", () => {
    fc.assert(
      fc.property(hosts, hosts, (some, others) => {
        const isSame = some.join() === others.join();

        expect(digestOf(askedFor(some)) === digestOf(askedFor(others))).toBe(isSame);
      }),
      { numRuns: 50 },
    );
  });
});

function signed(...[field, said]: [Field, Parameters<typeof statusRecord<Field>>[2]]): Json {
  const record = statusRecord(field, { requestId: three.id, uid: GRANT_UID }, said);
  return { statement: keys.worker.sign("record", record).envelope };
}

type Field = "applied" | "evidence" | "removal";

describe("what is signed of one of several says nothing of another", () => {
  it("that it was in place, or was proven", () => {
    const proof = { at: 1, verdict: "enforced", serial: 1, wasProven: true } as const;
    const status = {
      applied: signed("applied", { [second]: { at: 1 } }),
      evidence: signed("evidence", { [second]: proof }),
    };
    const open = judged({ ...whole, status }).map((each) =>
      each.verdict === "open" ? [each.wasApplied, each.proof?.verdict, isNew(each)] : each.verdict,
    );

    expect(open).toEqual([
      [false, undefined, true],
      [true, "enforced", false],
      [false, undefined, true],
    ]);
  });

  it("that it was seen to be refused", () => {
    const removal = signed("removal", { [second]: { at: 1, verdict: "passed" } });
    const object = { ...whole, status: { removal } };
    const unsettled = judged(object, [anEnd(keys, three).envelope]).map(
      (each) => each.verdict === "closed" && isUnsettled(each),
    );

    expect(unsettled).toEqual([true, false, true]);
  });

  it("nor what is said as of a request with one", () => {
    const status = { removal: signed("removal", { [three.id]: { at: 1, verdict: "passed" } }) };
    const ends = [anEnd(keys, three).envelope];

    for (const each of judged({ ...whole, status }, ends))
      expect(each.verdict === "closed" && isUnsettled(each)).toBe(true);
  });
});
