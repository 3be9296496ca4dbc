import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { AllowCommand } from "#src/domain/grammar/command.ts";
import { writeLine } from "#src/domain/grammar/strict/line.ts";
import { parse } from "./in-words.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";
import { USAGE } from "#src/domain/grammar/strict/usage.ts";

describe("parse", () => {
  it.each([
    [
      "allow edition.cnn.com:443 for team-x because weather feed",
      {
        kind: "allow",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        typedHost: "edition.cnn.com",
        team: "team-x",
        reason: "weather feed",
      },
    ],
    [
      "Allow http://api.example.com:8080 for 12h in prod/team-x for team-x",
      {
        kind: "allow",
        destination: { host: "api.example.com", port: 8080, mode: "http" },
        typedHost: "api.example.com",
        team: "team-x",
        cluster: "prod",
        namespace: "team-x",
        duration: { kind: "for", ms: 43_200_000 },
      },
    ],
    [
      "allow tls://kafka.example.com:9093 until 2027-01-31",
      {
        kind: "allow",
        destination: { host: "kafka.example.com", port: 9093, mode: "tls" },
        typedHost: "kafka.example.com",
        duration: { kind: "until", at: Date.parse("2027-02-01T00:00:00Z") },
      },
    ],
    [
      "check https://edition.cnn.com",
      {
        kind: "check",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        typedHost: "edition.cnn.com",
      },
    ],
    ["status eg-7qk4m.2", { kind: "status", id: "EG-7QK4M.2" }],
    ["revoke EG-7QK4M because done", { kind: "revoke", id: "EG-7QK4M", reason: "done" }],
    [
      "deny 3F9A because unknown supplier",
      { kind: "deny", code: "3f9a", reason: "unknown supplier" },
    ],
    ["approve 3f9a", { kind: "approve", code: "3f9a" }],
    ["approve 3F9A0C1D.", { kind: "approve", code: "3f9a0c1d" }],
    ["list for team-x", { kind: "list", team: "team-x" }],
    ["freeze", { kind: "freeze" }],
    ["", { kind: "help" }],
    ["unfreeze in Prod.", { kind: "unfreeze", cluster: "prod" }],
    ["cancel eg-7qk4m.", { kind: "cancel", id: "EG-7QK4M" }],
    ["status EG-7QK4M.10", { kind: "status", id: "EG-7QK4M.10" }],
    ["revoke EG-7QK4M, because: done", { kind: "revoke", id: "EG-7QK4M", reason: "done" }],
    ["help Allow", { kind: "help", topic: "allow" }],
    ["help me", { kind: "help" }],
    ["list", { kind: "list" }],
    [
      "allow for Team-X in prod edition.cnn.com:443, for 30d.",
      {
        kind: "allow",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        typedHost: "edition.cnn.com",
        team: "team-x",
        cluster: "prod",
        duration: { kind: "for", ms: 2_592_000_000 },
      },
    ],
    [
      "allow Bücher.example:443 for 3d-print because",
      {
        kind: "allow",
        destination: { host: "xn--bcher-kva.example", port: 443, mode: "tls" },
        typedHost: "Bücher.example",
        team: "3d-print",
      },
    ],
    [
      'allow edition.cnn.com:443 because "it is for 5m because of rain"',
      {
        kind: "allow",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        typedHost: "edition.cnn.com",
        reason: "it is for 5m because of rain",
      },
    ],
    [
      "allow edition.cnn.com:443 for @S0PAYMENTS because …",
      {
        kind: "allow",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        typedHost: "edition.cnn.com",
        team: "@S0PAYMENTS",
      },
    ],
    [
      "allow edition.cnn.com:443 because see OPS-1 (https://jira.example.com/browse/OPS-1)",
      {
        kind: "allow",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        typedHost: "edition.cnn.com",
        reason: "see OPS-1 (https://jira.example.com/browse/OPS-1)",
      },
    ],
  ])("understands %j", (text, command) => {
    expect(parse(text)).toEqual({ kind: "command", command });
  });

  it.each([
    ["allow", /needs a destination.*allow edition\.cnn\.com:443/],
    ["allow for team-x", /needs a destination/],
    ["alow edition.cnn.com:443", /Did you mean `allow`/],
    ["revoke 7QK4M", /needs the id of a grant/],
    ["deny 3f9a", /needs a reason/],
    ["approve", /the code the card shows/],
    ["dance", /not a command I know/],
    ["allow because rain", /needs a destination/],
    ["constructor", /not a command I know/],
    ["edition.cnn.com:443", /Write `@sallyport allow edition\.cnn\.com:443 because …`/],
    ["status", /needs the id of a request.*status EG-/],
    ["status EG-7QK4M.11", /needs the id of a request/],
    ["cancel EG-7QKIM", /needs the id of a request/],
    ["approve EG-7QK4M", /the code the card shows/],
    ["approve 3f9a now", /the code the card shows/],
    ["approve 3f9", /the code the card shows/],
    ["list a b", /one team/],
    ["freeze a b", /one cluster/],
  ])("answers %j with what is missing and an example that works", (text, answer) => {
    const parsed = parse(text);

    expect(parsed.kind === "reply" ? parsed.text : parsed).toMatch(answer);
  });

  it.each([
    ["allow edition.cnn.com:443x", "PortInvalid"],
    ["allow edition.cnn.com:0", "PortInvalid"],
    ["allow edition.cnn.com:65536", "PortInvalid"],
    ["allow tls://edition.cnn.com:15006", "SidecarPort"],
    ["allow ntp.example.com:123", "UdpOnly"],
    ["allow syslog.example.com:6514/udp", "UdpOnly"],
    ["allow ftp://edition.cnn.com", "UnknownScheme"],
    ["allow https://me@edition.cnn.com", "UserInfo"],
    ["allow edition.cnn.com:443 until tomorrow", "DateInvalid"],
    ["allow edition.cnn.com:443 until 2027-02-31", "DateInvalid"],
    ["allow edition.cnn.com:443 for a for b", "SaidTwice"],
    ["allow edition.cnn.com:443 soonish", "UnknownWord"],
    ["allow http://edition.cnn.com originate ca corp-ca", "OwnCertificates"],
    ["allow http://edition.cnn.com originate client-cert mine", "OwnCertificates"],
    ["allow edition.cnn.com:443 for", "ValueMissing"],
    ["allow edition.cnn.com:443 for in prod", "ValueMissing"],
    ["allow edition.cnn.com:443 for 0d", "DurationInvalid"],
    ["allow edition.cnn.com:443 for 5", "DurationInvalid"],
    ["allow edition.cnn.com:443 in prod/", "PlaceInvalid"],
    ["allow edition.cnn.com:443 in a/b/c", "PlaceInvalid"],
    ["allow edition.cnn.com:443 for 1d until 2027-01-31", "SaidTwice"],
    ["check 10.0.0.1:443", "AddressLiteral"],
    ["please open 10.0.0.1:443", "AddressLiteral"],
    ["please open *.example.com:443", "WildcardNeedsVia"],
    [`allow edition.cnn.com:443 because ${"x".repeat(2000)}`, "TextTooLong"],
    ["> allow edition.cnn.com:443 because x", "OnlyQuoted"],
  ])("refuses %j as %s", (text, reason) => {
    const parsed = parse(text);

    expect(parsed.kind === "refusal" ? parsed.refusal.reason : parsed).toBe(reason);
  });

  it.each([
    ["allow ntp.example.com:123 because x", "allow tls://ntp.example.com:123 because x"],
    ["allow edition.cnn.com:443 soonish because x", "allow edition.cnn.com:443 because x"],
  ])("refuses %j with a whole line to copy: %s", (text, line) => {
    const parsed = parse(text);

    expect(parsed.kind === "refusal" ? parsed.refusal.fix : parsed).toContain(
      `\`@sallyport ${line}\``,
    );
  });

  it("gives examples that are commands, under the bot's own name", () => {
    for (const example of Object.values(USAGE)) expect(parse(example).kind).toBe("command");

    expect(parse("allow", { botName: "egress" })).toMatchObject({
      text: expect.stringContaining(`\`@egress ${USAGE.allow}\``),
    });
  });

  it("reads an allow command back as it was written, words in any order", () => {
    fc.assert(
      fc.property(allowCommand, fc.func(fc.nat()), (command, rank) => {
        expect(parse(render(command, rank))).toEqual({ kind: "command", command });
      }),
    );
  });

  it("reads the same from what Slack makes of it", () => {
    fc.assert(
      fc.property(allowCommand, (command) => {
        const { host, port } = command.destination;
        const scheme = schemeOf(command);
        const link = `<${scheme}://${host}|${scheme}://${host}>:${port}`;
        const text = `<@U0BOT> ${render(command).replace(`${scheme}://${host}:${port}`, link)}`;
        const plain = unwrap({ text, blocks: [], botUserId: "U0BOT" });

        expect(typeof plain === "string" ? parse(plain) : plain).toEqual({
          kind: "command",
          command,
        });
      }),
    );
  });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(allowCommand, (command) => {
        const { typedHost: _typedHost, also: _also, ...draft } = command;
        expect(parse(writeLine({ ...draft, isLiteral: true }))).toEqual({
          kind: "command",
          command,
        });
      }),
    );
  });
});

const name = fc
  .stringMatching(/^[a-z]([-a-z0-9]{0,10}[a-z0-9])?$/)
  .filter((text) => !["for", "in", "until", "because"].includes(text));
const port = fc.integer({ min: 1, max: 14_999 });

/** Commands as parsing makes them: names in lower case, a host under a known suffix, a namespace only with a cluster. */
const allowCommand: fc.Arbitrary<AllowCommand> = fc
  .record(
    {
      label: name,
      port,
      mode: fc.constantFrom("tls", "http"),
      team: name,
      place: fc.record({ cluster: name, namespace: name }, { requiredKeys: ["cluster"] }),
      duration: fc.oneof(
        fc.integer({ min: 1, max: 10_000 }).map((minutes) => ({
          kind: "for" as const,
          ms: minutes * 60_000,
        })),
        fc.integer({ min: 0, max: 50_000_000 }).map((minutes) => ({
          kind: "until" as const,
          at: minutes * 60_000,
        })),
      ),
      reason: fc.stringMatching(/^[a-z0-9]([ a-z0-9:.,]{0,40}[a-z0-9.])?$/),
    },
    { requiredKeys: ["label", "port", "mode"] },
  )
  .map(({ label, place, mode, port: number, ...rest }) => ({
    kind: "allow",
    destination: { host: `${label}.example.com`, port: number, mode },
    typedHost: `${label}.example.com`,
    ...place,
    ...rest,
    ...(rest.reason === undefined ? {} : { reason: rest.reason.replaceAll(/ +/g, " ") }),
  }));

function schemeOf({ destination }: AllowCommand): string {
  return destination.mode === "tls" ? "tls" : "http";
}

function render(command: AllowCommand, rank: (clause: string) => number = () => 0): string {
  const { destination, team, cluster, namespace, duration, reason } = command;
  const clauses = [
    `${schemeOf(command)}://${destination.host}:${destination.port}`,
    team === undefined ? "" : `for ${team}`,
    cluster === undefined ? "" : `in ${[cluster, namespace].filter(Boolean).join("/")}`,
    durationText(duration),
  ].toSorted((one, other) => rank(one) - rank(other));
  return ["allow", ...clauses, reason === undefined ? "" : `because "${reason}"`].join(" ");
}

function durationText(duration: AllowCommand["duration"]): string {
  if (duration === undefined) return "";
  return duration.kind === "for"
    ? `for ${duration.ms / 60_000}m`
    : `until ${new Date(duration.at).toISOString().slice(0, 16)}Z`;
}
