import { describe, expect, it } from "@jest/globals";
import { effectsOf, foundOf, PLACES, ROOT, theirs } from "./foreign.ts";

const SELECTORS = [
  ["every pod", undefined, true],
  ["the gateway's pods", { matchLabels: { istio: "egw-sel" } }, true],
  ["the gateway's pods by another label", { matchLabels: { app: "egw" } }, true],
  ["pods of a revision and an app", { matchLabels: { app: "egw", "istio.io/rev": "x" } }, false],
  ["other pods", { matchLabels: { app: "shop" } }, false],
] as const;

const EVERYTHING = [{}];
function from(source: object): readonly object[] {
  return [{ from: [{ source }] }];
}
function when(key: string, condition: object): readonly object[] {
  return [{ when: [{ key, ...condition }] }];
}

/** Rules, and what a DENY policy with them does; undefined: nothing. */
const RULES: readonly (readonly [string, readonly object[], "denies" | "may-deny" | undefined])[] =
  [
    ["no rules", [], undefined],
    ["a rule about everything", EVERYTHING, "denies"],
    ["the namespace", from({ namespaces: ["team-x"] }), "denies"],
    ["the namespace, by a prefix", from({ namespaces: ["team-*"] }), "denies"],
    ["the namespace, by a suffix", from({ namespaces: ["*-x"] }), "denies"],
    ["every namespace", from({ namespaces: ["*"] }), "denies"],
    ["another namespace", from({ namespaces: ["team-y"] }), undefined],
    ["every namespace but this", from({ notNamespaces: ["team-x"] }), undefined],
    ["every namespace but another", from({ notNamespaces: ["team-y"] }), "denies"],
    ["an account here", from({ principals: ["cluster.local/ns/team-x/sa/a"] }), "may-deny"],
    ["an account elsewhere", from({ principals: ["cluster.local/ns/team-y/sa/a"] }), undefined],
    [
      "accounts of namespaces by a prefix",
      from({ principals: ["cluster.local/ns/team-*"] }),
      "may-deny",
    ],
    ["accounts of others by a prefix", from({ principals: ["cluster.local/ns/ops-*"] }), undefined],
    [
      "a namespace whose name this begins with",
      from({ principals: ["td/ns/team/sa/a"] }),
      undefined,
    ],
    ["accounts by name", from({ principals: ["*/sa/default"] }), "may-deny"],
    ["those with a token", from({ requestPrincipals: ["*"] }), undefined],
    ["those without a token", from({ notRequestPrincipals: ["*"] }), "may-deny"],
    ["addresses", from({ ipBlocks: ["10.0.0.0/8"] }), "may-deny"],
    ["a port", [{ to: [{ operation: { ports: ["443"] } }] }], "may-deny"],
    [
      "a port, from elsewhere",
      [{ ...from({ namespaces: ["team-y"] })[0], to: [{ operation: { ports: ["443"] } }] }],
      undefined,
    ],
    ["the namespace, as a condition", when("source.namespace", { values: ["team-x"] }), "denies"],
    [
      "another namespace, as a condition",
      when("source.namespace", { values: ["team-y"] }),
      undefined,
    ],
    [
      "all but the namespace, as a condition",
      when("source.namespace", { notValues: ["team-x"] }),
      undefined,
    ],
    ["a name of a door", when("connection.sni", { values: ["*"] }), "may-deny"],
    ["elsewhere, and then everything", [...from({ namespaces: ["team-y"] }), {}], "denies"],
    ["elsewhere, and then a port", [...from({ namespaces: ["team-y"] }), { to: [{}] }], "may-deny"],
  ];

function policy(place: string, action: string | undefined, rules: readonly object[], more = {}) {
  return theirs("AuthorizationPolicy", place, {
    ...(action === undefined ? {} : { action }),
    ...(rules.length === 0 ? {} : { rules }),
    ...more,
  });
}

describe("an AuthorizationPolicy of others", () => {
  const where = PLACES.flatMap((place) =>
    SELECTORS.map(([pods, selector, selects]) => {
      const counts = selects && (place === ROOT || place === "egress-gw");
      return [place, pods, selector, counts ? ["denies"] : []] as const;
    }),
  );
  it.each(where)("in %s that selects %s counts by where it is", (place, _pods, selector, found) => {
    const more = selector === undefined ? {} : { selector };

    expect(effectsOf(policy(place, "DENY", EVERYTHING, more))).toEqual(found);
  });

  it.each(RULES)("that denies %s is judged by its rules", (_what, rules, effect) => {
    expect(effectsOf(policy(ROOT, "DENY", rules))).toEqual(effect === undefined ? [] : [effect]);
  });

  it.each(RULES)(
    "that asks an authorizer about %s may deny what it is about",
    (_what, rules, effect) => {
      expect(effectsOf(policy(ROOT, "CUSTOM", rules))).toEqual(
        effect === undefined ? [] : ["may-deny"],
      );
    },
  );

  it.each(RULES)(
    "that allows %s lets in more, and nothing where it has no rules",
    (_what, rules) => {
      const found = rules.length === 0 ? [] : ["lets-in"];

      expect(effectsOf(policy(ROOT, "ALLOW", rules))).toEqual(found);
      expect(effectsOf(policy(ROOT, undefined, rules))).toEqual(found);
    },
  );

  it("that only audits does nothing", () => {
    expect(effectsOf(policy(ROOT, "AUDIT", EVERYTHING))).toEqual([]);
  });

  it.each(["targetRef", "targetRefs"])("with %s is for other gateways", (field) => {
    expect(effectsOf(policy(ROOT, "DENY", EVERYTHING, { [field]: [{ kind: "Gateway" }] }))).toEqual(
      [],
    );
  });

  it("for every pod counts before the gateway is built, one with a selector does not yet", () => {
    const selecting = { selector: { matchLabels: { istio: "egw-sel" } } };
    const objects = [policy(ROOT, "DENY", EVERYTHING), policy(ROOT, "DENY", EVERYTHING, selecting)];

    expect(foundOf(objects, { gatewayPods: [] })).toHaveLength(1);
  });

  it("is named, with what it does", () => {
    expect(foundOf([policy(ROOT, "DENY", EVERYTHING)])).toEqual([
      {
        effect: "denies",
        text: "AuthorizationPolicy aks-istio-system/theirs denies the traffic of namespace team-x at the gateway",
      },
    ]);
  });
});
