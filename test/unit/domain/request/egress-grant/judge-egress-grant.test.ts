import { describe, expect, it } from "@jest/globals";
import { newEgressGrant, timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { judgeEgressGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import {
  aDecision,
  aGrantOf,
  aKeyring,
  anActivation,
  anActiveRequest,
  aPendingRequest,
  anAdmission,
  aRequest,
  DAY,
  HOUR,
  INSTANCE,
  type Keyring,
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
  leaves,
} from "./judged-object.ts";

/** Where a request holds what was signed. */
const STATEMENT_FIELDS = [
  "request",
  "planned",
  "card",
  "decisions",
  "admission",
  "activation",
] as const;

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

    for (const field of STATEMENT_FIELDS)
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
      for (const field of STATEMENT_FIELDS)
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
