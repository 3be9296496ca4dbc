import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  evaluatePolicy,
  type Policy,
  type PolicyInput,
  type PolicyRule,
} from "#src/domain/approval/policy.ts";

const SECURITY = { groups: ["S0SECURITY"], users: [] };
const DENIED = { kind: "deny", reason: "a way out for data" } as const;
const ASKED = { kind: "ask", approvers: SECURITY } as const;

function rule(name: string, hosts: readonly string[], more: Partial<PolicyRule> = {}): PolicyRule {
  return { name, when: { hosts }, action: ASKED, wildcards: true, ...more };
}

function policy(rules: readonly PolicyRule[], wildcards = false): Policy {
  return { rules, approvers: SECURITY, wildcards };
}

function asking(host: string, via?: string): PolicyInput {
  return {
    host,
    ...(via === undefined ? {} : { via }),
    port: 443,
    mode: "tls",
    team: "team-x",
    cluster: "prod",
    requester: "U0ALICE",
    durationMs: 1000,
  };
}

describe("a policy", () => {
  it("asks the default approvers where no rule matches", () => {
    expect(evaluatePolicy(policy([]), asking("a.example.com"))).toEqual({
      rule: "default",
      action: ASKED,
    });
  });

  it("takes the first rule of which every condition holds", () => {
    const rules = [
      rule("port", ["a.example.com"], { when: { hosts: ["a.example.com"], ports: [80] } }),
      rule("below", ["*.example.com"], { action: DENIED }),
      rule("later", ["a.example.com"]),
    ];

    expect(evaluatePolicy(policy(rules), asking("a.example.com"))).toEqual({
      rule: "below",
      action: DENIED,
    });
    expect(evaluatePolicy(policy(rules), asking("example.com")).rule).toBe("default");
  });
});

describe("a wildcard", () => {
  it.each<[string, Policy, "ask" | "deny"]>([
    ["no rule, and the default says nothing", policy([]), "deny"],
    ["no rule, and the default allows wildcards", policy([], true), "ask"],
    [
      "a rule of all of it, which allows wildcards",
      policy([rule("all", ["*.example.com"])]),
      "ask",
    ],
    [
      "a rule of all of it, which says nothing",
      policy([{ name: "all", when: { hosts: ["*.example.com"] }, action: ASKED }]),
      "deny",
    ],
    [
      "a rule that allows none where the default does",
      policy([rule("all", ["*.example.com"], { wildcards: false })], true),
      "deny",
    ],
    ["a rule of every host", policy([{ ...rule("any", []), when: {} }]), "ask"],
    ["a rule of one name below it", policy([rule("one", ["a.example.com"])], true), "deny"],
    ["a rule of a wildcard below it", policy([rule("some", ["*.a.example.com"])], true), "deny"],
    [
      "a denial of one name below it",
      policy([
        rule("one", ["bad.example.com"], { action: DENIED }),
        rule("all", ["*.example.com"]),
      ]),
      "deny",
    ],
    [
      "a denial of the host it goes via",
      policy([rule("via", ["front.example.net"], { action: DENIED })], true),
      "deny",
    ],
    ["a rule of the apex alone", policy([rule("apex", ["example.com"])], true), "ask"],
  ])("with %s", (_what, of, kind) => {
    const via = JSON.stringify(of).includes("example.net") ? "front.example.net" : "a.example.com";

    expect(evaluatePolicy(of, asking("*.example.com", via)).action.kind).toBe(kind);
  });

  it("is not decided by a rule that names its hosts and not the host it goes via", () => {
    const of = policy([rule("all", ["*.example.com"])], true);

    expect(evaluatePolicy(of, asking("*.example.com", "front.example.net"))).toMatchObject({
      rule: "all",
      action: { kind: "deny" },
    });
  });

  it("that is let through is decided as each of its names, and its via host, would be alone", () => {
    const label = fc.constantFrom("a", "b", "bad");
    const name = fc
      .array(label, { maxLength: 3 })
      .map((labels) => [...labels, "example.com"].join("."));
    const pattern = fc.tuple(fc.boolean(), name).map(([star, of]) => (star ? `*.${of}` : of));
    const rules = fc.array(
      fc.record({
        hosts: fc.option(fc.array(pattern, { minLength: 1, maxLength: 3 }), { nil: undefined }),
        denies: fc.boolean(),
        wildcards: fc.option(fc.boolean(), { nil: undefined }),
        ports: fc.constantFrom([443], [80]),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        rules,
        fc.boolean(),
        name,
        fc.array(label, { minLength: 1, maxLength: 3 }),
        name,
        (list, wildcards, below, labels, via) => {
          const of = policy(
            list.map(({ hosts, denies, wildcards: own, ports }, at) => ({
              name: `rule ${at}`,
              when: { ...(hosts === undefined ? {} : { hosts }), ports },
              action: denies ? DENIED : ASKED,
              ...(own === undefined ? {} : { wildcards: own }),
            })),
            wildcards,
          );
          const verdict = evaluatePolicy(of, asking(`*.${below}`, via));
          fc.pre(verdict.action.kind === "ask");

          for (const one of [[...labels, below].join("."), via])
            expect(evaluatePolicy(of, asking(one))).toEqual(verdict);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
