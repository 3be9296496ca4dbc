import { describe, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { newEgressGrant, timeText } from "#src/domain/request/egress-grant.ts";
import { envelopeDigest } from "#src/domain/request/envelope.ts";
import {
  type ClusterFacts,
  type GrantJudgement,
  judgeEgressGrant,
} from "#src/domain/request/judge-egress-grant.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import {
  aDecision,
  aGrantOf,
  aKeyring,
  anActivation,
  anActiveRequest,
  anEnd,
  aPendingRequest,
  anAdmission,
  aRequest,
  CLUSTER_UID,
  DAY,
  GRANT_UID,
  HOUR,
  INSTANCE,
  type Keyring,
  NAMESPACE_UID,
  NINE,
} from "#test/support/signed-request.ts";

const keys = aKeyring();

const FACTS: ClusterFacts = {
  cluster: "prod-1",
  uid: CLUSTER_UID,
  namespaces: new Map([
    ["team-x", NAMESPACE_UID],
    ["egress-gw", "gw-uid"],
  ]),
  now: NINE + 3 * HOUR,
  terminating: false,
};

type Json = Record<string, unknown>;

/** The object of an active request, as the API server would give it back. */
function anObject(record: RequestRecord, change: { readonly spec?: Json } = {}): KubernetesObject {
  const made = newEgressGrant({
    instance: INSTANCE,
    namespace: "sallyport-system",
    record,
    grants: [aGrantOf(record)],
  });
  const { admission, activation } = record;
  return {
    ...made,
    metadata: {
      ...made.metadata,
      uid: GRANT_UID,
      resourceVersion: "7",
      creationTimestamp: timeText(NINE + HOUR),
    },
    spec: {
      ...made.spec,
      ...(admission === undefined ? {} : { admission: admission.envelope }),
      ...(activation === undefined
        ? {}
        : {
            endsAt: timeText(activation.payload.endsAt),
            activation: {
              at: timeText(activation.payload.at),
              endsAt: timeText(activation.payload.endsAt),
              statement: activation.envelope,
            },
          }),
      ...change.spec,
    },
  };
}

function judge(
  object: KubernetesObject,
  facts: Partial<ClusterFacts> = {},
  ends: readonly unknown[] = [],
): GrantJudgement["verdict"] | "unreadable" {
  const judged = judgeEgressGrant(object, {
    trust: keys.trust,
    facts: { ...FACTS, ...facts },
    ends,
  });
  return judged?.[0]?.verdict ?? "unreadable";
}

/** Every path to a leaf of a JSON value. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]));
}

function replaced(
  value: unknown,
  path: readonly string[],
  leaf: (old: unknown) => unknown,
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf(value);
  const copy = structuredClone(value) as Json | unknown[];
  if (Array.isArray(copy)) copy[Number(key)] = replaced(copy[Number(key)], rest, leaf);
  else copy[key] = replaced(copy[key], rest, leaf);
  return copy;
}

const active = anActiveRequest(keys);
const whole = anObject(active);

/** Read by nobody who decides: a text for a column. */
const WORDS = ["summary"];

const leaves = pathsOf(whole.spec).filter(([first = ""]) => !WORDS.includes(first));

describe("an EgressGrant that says what was signed", () => {
  it("is open until the end its activation names", () => {
    const [judged] = judgeEgressGrant(whole, { trust: keys.trust, facts: FACTS, ends: [] }) ?? [];

    expect(judged).toMatchObject({
      verdict: "open",
      requestId: active.id,
      endsAt: NINE + 31 * DAY,
      grant: aGrantOf(active),
    });
  });

  it("waits while it has no admission", () => {
    expect(judge(anObject(aPendingRequest(keys)))).toBe("waiting");
  });

  it("is open before its clock runs", () => {
    const { activation: _, ...record } = active;

    expect(judge(anObject(record))).toBe("open");
  });
});

describe("opening takes every field", () => {
  it.each(leaves.map((path) => [path.join("."), path] as const))(
    "of its spec: %s changed is not open",
    (_name, path) => {
      const changes: ((old: unknown) => unknown)[] = [
        (old) => (typeof old === "number" ? old + 1 : `${String(old)}x`),
        (old) => (typeof old === "number" ? old * 2 : flipped(String(old))),
        () => undefined,
        () => null,
      ];

      for (const change of changes) {
        const spec = replaced(whole.spec, path, change) as Json;

        expect(judge({ ...whole, spec })).not.toBe("open");
      }
    },
  );

  it.each([
    ["name", { name: "eg-other" }],
    ["UID", { uid: "another" }],
  ])("of its metadata: another %s is not open", (_name, metadata) => {
    expect(judge({ ...whole, metadata: { ...whole.metadata, ...metadata } })).toBe("found");
  });

  it.each([
    ["cluster's UID", { uid: "another" }],
    ["cluster's name", { cluster: "prod-2" }],
  ])("and the %s", (_name, facts) => {
    expect(judge(whole, facts)).toBe("found");
  });

  it("an end that only moves earlier keeps it open until then", () => {
    const sooner = anObject(active, { spec: { endsAt: timeText(NINE + 4 * HOUR) } });

    expect(judge(sooner)).toBe("open");
    expect(judge(sooner, { now: NINE + 4 * HOUR })).toBe("closed");
  });
});

function flipped(text: string): string {
  const middle = Math.floor(text.length / 2);
  return `${text.slice(0, middle)}${text[middle] === "A" ? "B" : "A"}${text.slice(middle + 1)}`;
}

/** The same object, with one statement made by somebody or for something else. */
const STRANGERS: readonly (readonly [string, (other: Keyring) => RequestRecord])[] = [
  ["a request of another key", (other) => ({ ...active, request: aRequest(other).request })],
  [
    "a plan of another key",
    (other) => ({ ...active, planned: present(aPendingRequest(other).planned) }),
  ],
  ["a card of another key", (other) => ({ ...active, card: present(aPendingRequest(other).card) })],
  [
    "decisions of another key",
    (other) => ({ ...active, decisions: anActiveRequest(other).decisions }),
  ],
  [
    "an admission of another key",
    (other) => ({ ...active, admission: anAdmission(other, active) }),
  ],
  [
    "an activation of another key",
    (other) => ({ ...active, activation: anActivation(other, active) }),
  ],
];

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError("absent");
  return value;
}

describe("opening takes every signature", () => {
  it.each(STRANGERS)("not with %s", (_name, make) => {
    expect(judge(anObject(make(aKeyring())))).toBe("found");
  });

  it("not with a plan, card or admission signed by the bot's keys, nor a request or decision signed by the worker's", () => {
    const swapped: Keyring = { ...keys, worker: keys.decision, decision: keys.worker };
    const made = anActiveRequest(swapped);

    for (const field of [
      "request",
      "planned",
      "card",
      "decisions",
      "admission",
      "activation",
    ] as const)
      expect(judge(anObject({ ...active, [field]: made[field] }))).toBe("found");
  });

  it("not with statements of another request, another instance or another cluster", () => {
    const asked = active.asked;
    const others = [
      anActiveRequest(keys, { id: "EG-00000" }),
      anActiveRequest(keys, { asked: { ...asked, cluster: "prod-2" } }),
      anActiveRequest(aKeyring("another")),
    ];

    for (const other of others)
      for (const field of [
        "request",
        "planned",
        "card",
        "decisions",
        "admission",
        "activation",
      ] as const)
        expect(judge(anObject({ ...active, [field]: other[field] }))).toBe("found");
  });

  it.each(["deny", "cancel", "revoke"] as const)("not with a %s among its decisions", (verdict) => {
    const pending = aPendingRequest(keys);
    const no = keys.decision.sign("decision", aDecision(pending, { verdict, id: "no" }));
    const decisions = [...active.decisions, no];
    const record = { ...active, decisions };

    expect(judge(anObject({ ...record, admission: anAdmission(keys, record) }))).toBe("found");
  });

  it("not with an admission of another request's grants, however well it is signed", () => {
    const wider = aGrantOf({
      ...active,
      asked: { ...active.asked, destination: { host: "evil.example", port: 443, mode: "tls" } },
    });
    const admission = anAdmission(keys, active, { grants: [wider] });
    const object = anObject({ ...active, admission });

    expect(judge(object)).toBe("found");
    expect(
      judge({
        ...object,
        spec: {
          ...object.spec,
          grants: newEgressGrant({
            instance: INSTANCE,
            namespace: "sallyport-system",
            record: active,
            grants: [wider],
          }).spec?.["grants"],
        },
      }),
    ).toBe("found");
  });
});

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
