import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { NAMES } from "./installation-names.ts";

function linesOf(text: string, names = NAMES): readonly string[] {
  const found = interpret(text, names);
  return found.kind === "suggestion" ? [found, ...found.others].map(({ line }) => line) : [];
}

describe("what can be read in two ways is asked about", () => {
  it.each<[what: string, text: string, lines: readonly [string, string]]>([
    [
      "a duration in the reason",
      "allow a.example.com:443 because we are debugging, for 1h",
      [
        "allow a.example.com:443 for 1h because we are debugging",
        'allow a.example.com:443 because "we are debugging, for 1h"',
      ],
    ],
    [
      "a duration in words",
      "allow a.example.com:443 because we debug for an hour or so",
      [
        "allow a.example.com:443 for 1h because we debug or so",
        'allow a.example.com:443 because "we debug for an hour or so"',
      ],
    ],
    [
      "a duration that ends a sentence",
      "allow a.example.com:443 because we debug this for 1h.",
      [
        "allow a.example.com:443 for 1h because we debug this",
        'allow a.example.com:443 because "we debug this for 1h."',
      ],
    ],
    [
      "a duration in brackets",
      "allow a.example.com:443 because we debug this (for 2 days!)",
      [
        "allow a.example.com:443 for 2d because we debug this",
        'allow a.example.com:443 because "we debug this (for 2 days!)"',
      ],
    ],
    [
      "a date in the reason",
      "allow a.example.com:443 because pilot until 2027-01-31",
      [
        "allow a.example.com:443 until 2027-01-31 because pilot",
        'allow a.example.com:443 because "pilot until 2027-01-31"',
      ],
    ],
    [
      "paths in the reason",
      "allow http://a.example.com because prices, paths /v1/*, /v2",
      [
        "allow http://a.example.com paths /v1/*,/v2 because prices",
        'allow http://a.example.com because "prices, paths /v1/*, /v2"',
      ],
    ],
    [
      "methods in the reason",
      "allow http://a.example.com paths /v1/* because prices (methods GET, HEAD)",
      [
        "allow http://a.example.com paths /v1/* methods GET,HEAD because prices",
        'allow http://a.example.com paths /v1/* because "prices (methods GET, HEAD)"',
      ],
    ],
    [
      "originate in the reason",
      "allow http://a.example.com because prices, originate 8443",
      [
        "allow http://a.example.com originate 8443 because prices",
        'allow http://a.example.com because "prices, originate 8443"',
      ],
    ],
    [
      "a team in the reason",
      "allow a.example.com:443 because payments for team-y",
      [
        "allow a.example.com:443 for team-y because payments",
        'allow a.example.com:443 because "payments for team-y"',
      ],
    ],
    [
      "a team with its word",
      "allow a.example.com:443 because cards, team: payments",
      [
        "allow a.example.com:443 for payments because cards",
        'allow a.example.com:443 because "cards, team: payments"',
      ],
    ],
    [
      "a cluster with its word",
      "allow a.example.com:443 because cards (cluster staging)",
      [
        "allow a.example.com:443 in staging because cards",
        'allow a.example.com:443 because "cards (cluster staging)"',
      ],
    ],
    [
      "a mentioned team in the reason",
      "allow a.example.com:443 because cards, for @S0PAY",
      [
        "allow a.example.com:443 for payments because cards",
        'allow a.example.com:443 because "cards, for @S0PAY"',
      ],
    ],
    [
      "a cluster in the reason",
      "allow a.example.com:443 for team-x because outage in prod",
      [
        "allow a.example.com:443 for team-x in prod because outage",
        'allow a.example.com:443 for team-x because "outage in prod"',
      ],
    ],
    [
      "another time than the one before the reason",
      "allow a.example.com:443 for 30d because it runs for 1h",
      [
        "allow a.example.com:443 for 1h because it runs",
        'allow a.example.com:443 for 30d because "it runs for 1h"',
      ],
    ],
    [
      "a clause in the reason of a request in other words",
      "please open a.example.com 443 because pilot until 2027-01-31",
      [
        "allow a.example.com:443 until 2027-01-31 because pilot",
        'allow a.example.com:443 because "pilot until 2027-01-31"',
      ],
    ],
    [
      "a clause and nothing else as the reason",
      "allow a.example.com:443 because for 1h",
      ["allow a.example.com:443 for 1h", 'allow a.example.com:443 because "for 1h"'],
    ],
  ])("%s", (_what, text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  it("wherever a clause stands in a reason, and whatever stands around it", () => {
    const clause = fc.constantFrom(
      "for 1h",
      "for 2 days",
      "for 1d12h",
      "for an hour",
      "until 2027-01-31",
      "till friday",
      "until end of January",
      "for team-y",
      "for the payments team",
      "team: payments",
      "for @S0PAY",
      "for #C0TEAMY",
      "in staging",
      "in the staging cluster",
      "cluster: staging",
    );
    const around = fc.tuple(
      fc.constantFrom("", "we need it ", "cards, ", "cards - ", "cards ("),
      clause,
      fc.constantFrom(
        "",
        ".",
        "!",
        "?",
        ";",
        ",",
        ":",
        ")",
        ").",
        " please",
        ", please",
        " and so on",
      ),
    );
    fc.assert(
      fc.property(around, ([before, said, after]) => {
        const found = interpret(`allow a.example.com:443 because ${before}${said}${after}`, NAMES);
        expect([before, said, after, found.kind]).toEqual([before, said, after, "suggestion"]);
        expect(found).toMatchObject({ others: [expect.anything()] });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    "allow a.example.com:443 for 1h because it runs for 1h",
    "allow a.example.com:443 for team-y because payments for team-y",
    "allow a.example.com:443 because it is needed for testing in general",
    "allow a.example.com:443 because api.other.com:443 is down",
    "allow a.example.com:443 because we check certificates and revoke them",
    "allow a.example.com:443 because team spirit and cluster size matter",
    "allow a.example.com:443 because its servers hang, and freeze often",
    "allow a.example.com:443 because we read, and check status.json, hourly",
    "allow a.example.com:443 because the team wants a list of prices in time",
    'allow a.example.com:443 because "allow b.example.com:443 for 1h"',
  ])("%j holds nothing to ask about", (text) => {
    expect(interpret(text, NAMES).kind).toBe("command");
  });

  it("the one cluster there is changes nothing, and its namespaces do", () => {
    const text = "allow a.example.com:443 because outage in prod";

    expect(interpret(text, { ...NAMES, clusters: ["prod"] }).kind).toBe("command");
    expect(linesOf(`${text}/team-y`, { ...NAMES, clusters: ["prod"] })).toHaveLength(2);
  });

  it("a team is recognised by its look where the teams are not known", () => {
    expect(linesOf("allow a.example.com:443 because payments for team-y", {})).toHaveLength(2);
    expect(linesOf("allow a.example.com:443 because cards for @S0PAY", {})).toHaveLength(2);
    expect(interpret("allow a.example.com:443 because needed for cards", {}).kind).toBe("command");
  });

  it.each<[text: string, lines: readonly string[]]>([
    [
      "allow a.example.com:443 because x allow b.example.com:443 because y",
      [
        "allow a.example.com:443 because x",
        "allow b.example.com:443 because y",
        'allow a.example.com:443 because "x allow b.example.com:443 because y"',
      ],
    ],
    [
      "allow a.example.com:443 because x\nallow b.example.com:443 for 2 weeks because y",
      [
        "allow a.example.com:443 because x",
        "allow b.example.com:443 for 14d because y",
        'allow a.example.com:443 because "x allow b.example.com:443 for 2 weeks because y"',
      ],
    ],
    [
      "allow a.example.com:443 because x. Please also allow b.example.com for team-y because y",
      [
        "allow a.example.com:443 because x.",
        "allow b.example.com:443 for team-y because y",
        'allow a.example.com:443 because "x. Please also allow b.example.com for team-y because y"',
      ],
    ],
    [
      "allow a.example.com:443 because x, then check b.example.com",
      [
        "allow a.example.com:443 because x",
        "check b.example.com:443",
        'allow a.example.com:443 because "x, then check b.example.com"',
      ],
    ],
    [
      "check a.example.com:443\nallow b.example.com:443 because y",
      ["check a.example.com:443", "allow b.example.com:443 because y"],
    ],
  ])("several commands in one message are none: %j", (text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  it.each([
    [
      "allow a.example.com:443 because x\nrevoke EG-7QK4M",
      /`@sallyport allow a\.example\.com:443 because x` and `@sallyport revoke EG-7QK4M`/,
    ],
    [
      "allow a.example.com:443 because x. Then freeze prod",
      /`@sallyport allow a\.example\.com:443 because x\.` and `@sallyport freeze prod`/,
    ],
    ["approve 3f9a0c1d\nallow a.example.com:443 because x", /`@sallyport approve 3f9a0c1d` and/],
    [
      "revoke EG-7QK4M because x, approve 3f9a0c1d",
      /`@sallyport revoke EG-7QK4M because x` and `@sallyport approve 3f9a0c1d`/,
    ],
    ["status EG-7QK4M\nfreeze prod", /`@sallyport status EG-7QK4M` and `@sallyport freeze prod`/],
  ])("several commands of which one decides are only said: %j", (text, said) => {
    expect(interpret(text, NAMES)).toMatchObject({
      kind: "reply",
      text: expect.stringMatching(said),
    });
  });
});
