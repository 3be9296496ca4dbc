import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { parse } from "./in-words.ts";
import { NAMES } from "./installation-names.ts";

function linesOf(text: string): readonly string[] {
  const found = interpret(text, NAMES);
  return found.kind === "suggestion" ? [found, ...found.others].map(({ line }) => line) : [];
}

/** What people write who do not know the grammar, and the line that is offered. */
const MESSAGES: readonly (readonly [text: string, line: string])[] = [
  // Polite.
  [
    "please open egress to api.stripe.com on port 443 for team payments because we take cards",
    "allow api.stripe.com:443 for payments because we take cards",
  ],
  [
    "Hi team, could you please allow api.stripe.com:443 for team-x? Thanks!",
    "allow api.stripe.com:443 for team-x",
  ],
  ["please allow edition.cnn.com:443 because news", "allow edition.cnn.com:443 because news"],
  ["I need access to api.stripe.com:443", "allow api.stripe.com:443"],
  [
    "we need outbound access to https://api.stripe.com for payments",
    "allow api.stripe.com:443 for payments",
  ],
  ["hey @U0SALLYPORT can you open api.stripe.com:443 please", "allow api.stripe.com:443"],
  ["help me open api.stripe.com:443", "allow api.stripe.com:443"],
  [
    "payments team needs api.stripe.com:443 because cards",
    "allow api.stripe.com:443 for payments because cards",
  ],
  [
    "because we take cards, please open api.stripe.com:443",
    "allow api.stripe.com:443 because we take cards",
  ],
  ["allow because we need api.stripe.com:443", "allow api.stripe.com:443"],
  ["edition.cnn.com:443", "allow edition.cnn.com:443"],
  // Other verbs.
  ["unblock api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["open api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["whitelist api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["add api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["grant api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["request api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["alow api.stripe.com:443 because x", "allow api.stripe.com:443 because x"],
  ["api.stripe.com:443 is blocked, please unblock it", "allow api.stripe.com:443"],
  // Ports.
  ["allow api.stripe.com port 443 because x", "allow api.stripe.com:443 because x"],
  ["allow api.stripe.com on port 443 because x", "allow api.stripe.com:443 because x"],
  ["allow api.stripe.com 443 because x", "allow api.stripe.com:443 because x"],
  ["allow api.stripe.com (443) because x", "allow api.stripe.com:443 because x"],
  ["allow api.stripe.com :443 because x", "allow api.stripe.com:443 because x"],
  ["allow api.stripe.com:443/tcp because x", "allow api.stripe.com:443 because x"],
  ["allow api.stripe.com tcp/443 because x", "allow api.stripe.com:443 because x"],
  ["open 443 to api.stripe.com because x", "allow api.stripe.com:443 because x"],
  ["open port 443 to api.stripe.com because x", "allow api.stripe.com:443 because x"],
  ["open https to api.stripe.com because x", "allow api.stripe.com:443 because x"],
  ["allow https:/api.stripe.com because x", "allow api.stripe.com:443 because x"],
  ["allow http:/api.stripe.com because x", "allow http://api.stripe.com because x"],
  ["allow https//api.stripe.com because x", "allow api.stripe.com:443 because x"],
  ["allow https://api.stripe.com/v1/charges?x=1 because x", "allow api.stripe.com:443 because x"],
  ["allow kafka.example.com:9092 because x", "allow tls://kafka.example.com:9092 because x"],
  [
    "allow db.example.mongodb.net:27017 because x",
    "allow tls://db.example.mongodb.net:27017 because x",
  ],
  ["allow cache.example.com:6379 because x", "allow tls://cache.example.com:6379 because x"],
  ["allow ssh.github.com:443 because x", "allow tcp://ssh.github.com:443 because x"],
  // Reasons.
  ["allow api.stripe.com:443 reason: cards", "allow api.stripe.com:443 because cards"],
  [
    "open api.stripe.com:443, reason is the new checkout",
    "allow api.stripe.com:443 because the new checkout",
  ],
  [
    "open api.stripe.com:443 so that checkout works",
    "allow api.stripe.com:443 because checkout works",
  ],
  // Times.
  ["allow api.stripe.com:443 for an hour because x", "allow api.stripe.com:443 for 1h because x"],
  ["allow api.stripe.com:443 for 1d12h because x", "allow api.stripe.com:443 for 36h because x"],
  ["allow api.stripe.com:443 for 2 weeks because x", "allow api.stripe.com:443 for 14d because x"],
  ["allow api.stripe.com:443 for 3weeks because x", "allow api.stripe.com:443 for 21d because x"],
  ["allow api.stripe.com:443 for 90 min because x", "allow api.stripe.com:443 for 90m because x"],
  [
    "allow api.stripe.com:443 for the next 3 days because x",
    "allow api.stripe.com:443 for 3d because x",
  ],
  [
    "allow api.stripe.com:443 for half an hour because x",
    "allow api.stripe.com:443 for 30m because x",
  ],
  [
    "allow api.stripe.com:443 for a couple of days because x",
    "allow api.stripe.com:443 for 2d because x",
  ],
  ["allow api.stripe.com:443 for 1 month because x", "allow api.stripe.com:443 for 30d because x"],
  ["allow api.stripe.com:443 for 2y because x", "allow api.stripe.com:443 for 365d because x"],
  [
    "allow api.stripe.com:443 till friday because x",
    "allow api.stripe.com:443 until 2026-11-27 because x",
  ],
  [
    "allow api.stripe.com:443 until thursday because x",
    "allow api.stripe.com:443 until 2026-12-03 because x",
  ],
  [
    "allow api.stripe.com:443 until tomorrow because x",
    "allow api.stripe.com:443 until 2026-11-27 because x",
  ],
  [
    "allow api.stripe.com:443 until end of January because x",
    "allow api.stripe.com:443 until 2027-01-31 because x",
  ],
  [
    "allow api.stripe.com:443 until the end of the month because x",
    "allow api.stripe.com:443 until 2026-11-30 because x",
  ],
  [
    "allow api.stripe.com:443 until Jan 15th because x",
    "allow api.stripe.com:443 until 2027-01-15 because x",
  ],
  [
    "allow api.stripe.com:443 until 15.1.2027 because x",
    "allow api.stripe.com:443 until 2027-01-15 because x",
  ],
  // Teams and places.
  [
    "allow api.stripe.com:443 for the payments team because x",
    "allow api.stripe.com:443 for payments because x",
  ],
  [
    "allow api.stripe.com:443 team: payments because x",
    "allow api.stripe.com:443 for payments because x",
  ],
  ["please open api.stripe.com:443 for @S0PAY", "allow api.stripe.com:443 for payments"],
  ["please open api.stripe.com:443 for #C0TEAMY", "allow api.stripe.com:443 for team-y"],
  [
    "allow api.stripe.com:443 for team-x in the prod cluster because x",
    "allow api.stripe.com:443 for team-x in prod because x",
  ],
  [
    "open api.stripe.com:443 on staging for team-x",
    "allow api.stripe.com:443 for team-x in staging",
  ],
  ["please let payments talk to api.stripe.com:443", "allow api.stripe.com:443 for payments"],
  ["allow team-y api.stripe.com:443 because x", "allow api.stripe.com:443 for team-y because x"],
  // From a form.
  [
    "Request: api.stripe.com:443, Team: payments, Reason: cards",
    "allow api.stripe.com:443 for payments because cards",
  ],
  [
    "allow host=api.stripe.com port=443 team=payments reason=cards",
    "allow api.stripe.com:443 for payments because cards",
  ],
  ["api.stripe.com:https, duration: 2 weeks", "allow api.stripe.com:443 for 14d"],
  // Questions.
  ["why is api.stripe.com:443 not reachable?", "check api.stripe.com:443"],
  ["is api.stripe.com:443 already open?", "check api.stripe.com:443"],
  ["is api.stripe.com:443 open for payments?", "check api.stripe.com:443 for payments"],
  ["do we have access to api.stripe.com:443?", "check api.stripe.com:443"],
  ["can we already reach api.stripe.com on port 443?", "check api.stripe.com:443"],
  ["status of api.stripe.com:443?", "check api.stripe.com:443"],
  ["chek api.stripe.com:443", "check api.stripe.com:443"],
];

describe("what people write", () => {
  it.each(MESSAGES)("%j is answered with the line %j", (text, line) => {
    expect(linesOf(text)[0]).toBe(line);
  });

  it.each<[text: string, lines: readonly string[]]>([
    [
      "allow api.stripe.com:443 api.paypal.com:443 for payments because cards",
      ["allow api.stripe.com:443, api.paypal.com:443 for payments because cards"],
    ],
    [
      "check api.stripe.com:443, api.paypal.com:8443",
      ["check api.stripe.com:443", "check api.paypal.com:8443"],
    ],
    [
      "allow a.example.com, b.example.com and c.example.com on 443 for payments because cards",
      ["allow a.example.com:443, b.example.com:443, c.example.com:443 for payments because cards"],
    ],
    ["open 443 and 8443 to api.stripe.com", ["allow api.stripe.com:443, api.stripe.com:8443"]],
    [
      "open ports 80 and 443 to api.stripe.com because cards",
      ["allow http://api.stripe.com, api.stripe.com:443 because cards"],
    ],
    [
      "allow api.stripe.com because x",
      ["allow api.stripe.com:443 because x", "allow http://api.stripe.com because x"],
    ],
    [
      "allow api.stripe.com:7777 for 2h because x",
      [
        "allow tls://api.stripe.com:7777 for 2h because x",
        "allow http://api.stripe.com:7777 for 2h because x",
        "allow tcp://api.stripe.com:7777 for 2h because x",
      ],
    ],
  ])("%j is answered with the lines it may mean", (text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  it("reads every part back", () => {
    expect(
      interpret(
        "please open api.stripe.com port 443 for the payments team in prod until friday because of cards",
        NAMES,
      ),
    ).toMatchObject({
      kind: "suggestion",
      parts: [
        ["host", "api.stripe.com"],
        ["port", "443"],
        ["mode", "tls"],
        ["team", "payments"],
        ["place", "prod"],
        ["time", "until 2026-11-27"],
        ["reason", "of cards"],
      ],
      text: "Did you mean: `@sallyport allow api.stripe.com:443 for payments in prod until 2026-11-27 because of cards`? I read: host `api.stripe.com`, port `443`, mode `tls`, team `payments`, place `prod`, time `until 2026-11-27`, the reason as it stands there.",
    });
  });

  it("shows an international name in both its forms", () => {
    expect(parse("please open bücher.example:443 because books")).toMatchObject({
      text: expect.stringContaining("host `xn--bcher-kva.example (bücher.example)`"),
    });
  });

  it.each([
    ["please open api.stripe.com:443 until next week", /could not read `until next week`/],
    ["please open api.stripe.com:443 for 2 years", /longest a grant may last here is 365 d/],
    ["please open api.stripe.com:443 until 1 January 2020", /in the past/],
    ["allow ssh.github.com:443", /speaks SSH on port 443/],
    [
      "please open a.example.com:443 and 10.0.0.1:443",
      /10\.0\.0\.1 cannot be asked for: it is an IP address/,
    ],
    ["close api.stripe.com:443", /`@sallyport list` shows the ids.*`@sallyport revoke EG-/],
    ["please don't open api.stripe.com:443", /revoke EG-/],
    ["revoke api.stripe.com:443 because done", /revoke EG-/],
  ])("%j is answered by saying %s", (text, said) => {
    expect(parse(text, NAMES)).toMatchObject({ kind: "reply", text: expect.stringMatching(said) });
  });

  it("names a day only where it knows what day it is", () => {
    expect(parse("please open api.stripe.com:443 until friday")).toMatchObject({
      text: expect.stringContaining("could not read `until friday`"),
    });
  });

  it.each([
    "allow https://hooks.slack.com/services/T0/B0/topsecret because x",
    "please open https://hooks.slack.com/services/T0/B0/topsecret because x",
    "allow https://store.blob.core.windows.net/c?sig=topsecret because x",
    "allow https://me:topsecret@api.example.com because x",
    "please allow me:topsecret@api.example.com:443 because x",
    "please open postgres://me:topsecret@db.example.com:5432/topsecret because x",
    "allow api.example.com:443 https://10.0.0.1/topsecret because x",
    "allow api.example.com:443 in https://a.example.com/topsecret because x",
    "allow api.example.com:443 until https://a.example.com/topsecret because x",
    "allow api.example.com:443 for https://a.example.com/topsecret because x",
    "allow api.example.com:443 because https://me:topsecret@wiki.example.com/page",
    "allow api.example.com:443 because https://hooks.slack.com/services/T0/B0/topsecret",
    "allow api.example.com:443 because https://store.example.com/c?sv=1&sig=topsecret",
    "revoke EG-7QK4M because https://x.example.com/?token=topsecret",
    "deny 3f9a because https://x.example.com/?token=topsecret",
  ])("no secret of %j is repeated", (text) => {
    expect(JSON.stringify(interpret(text, NAMES))).not.toContain("topsecret");
  });

  it("offers only lines that are carried out, and never the list of commands, where a host is", () => {
    const host = fc.constantFrom(
      "api.stripe.com",
      "api.stripe.com:443",
      "https://api.stripe.com/v1",
      "kafka.example.com:9092",
      "pg.example.com 5432",
      "me:pw@api.stripe.com:443",
    );
    const words = fc.array(
      fc.constantFrom(
        ..."please for team payments team-y until friday an hour 2 weeks because in prod and port is open ? check cards we need reason:".split(
          " ",
        ),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(words, host, words, (before, typed, after) => {
        const text = [...before, typed, ...after].join(" ");
        expect(JSON.stringify(parse(text, NAMES))).not.toContain("not a command I know");
        for (const line of linesOf(text))
          expect([line, interpret(line, NAMES)]).toMatchObject([line, { kind: "command" }]);
      }),
      { numRuns: 1000 },
    );
  });
});
