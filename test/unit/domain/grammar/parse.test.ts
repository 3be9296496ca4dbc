import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parse } from "#src/domain/grammar/parse.ts";

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
    ["list for team-x", { kind: "list", team: "team-x" }],
    ["freeze", { kind: "freeze" }],
    ["", { kind: "help" }],
  ])("understands %j", (text, command) => {
    expect(parse(text)).toEqual({ kind: "command", command });
  });

  it.each([
    ["allow", /needs a destination.*allow edition\.cnn\.com:443/],
    ["allow for team-x", /needs a destination/],
    ["alow edition.cnn.com:443", /Did you mean `allow`/],
    ["revoke 7QK4M", /needs the id of a grant/],
    ["deny 3f9a", /needs a reason/],
    ["approve", /four characters/],
    ["dance", /not a command I know/],
  ])("answers %j with what is missing and an example that works", (text, answer) => {
    const parsed = parse(text);

    expect(parsed.kind === "reply" ? parsed.text : parsed).toMatch(answer);
  });

  it.each([
    ["allow edition.cnn.com", "PortMissing"],
    ["allow edition.cnn.com:443x", "PortInvalid"],
    ["allow edition.cnn.com:0", "PortInvalid"],
    ["allow edition.cnn.com:65536", "PortInvalid"],
    ["allow tls://edition.cnn.com:15006", "SidecarPort"],
    ["allow pg.example.com:5432", "TcpLater"],
    ["allow tcp://pg.example.com:5432", "TcpLater"],
    ["allow edition.cnn.com:7777", "SchemeMissing"],
    ["allow ftp://edition.cnn.com", "UnknownScheme"],
    ["allow https://edition.cnn.com/v1/x", "PathLater"],
    ["allow https://me@edition.cnn.com", "UserInfo"],
    ["allow edition.cnn.com:443 for 3weeks", "DurationInvalid"],
    ["allow edition.cnn.com:443 until tomorrow", "DateInvalid"],
    ["allow edition.cnn.com:443 until 2027-02-31", "DateInvalid"],
    ["allow edition.cnn.com:443 for a for b", "SaidTwice"],
    ["allow edition.cnn.com:443 please", "UnknownWord"],
    ["allow edition.cnn.com:443 for", "ValueMissing"],
  ])("refuses %j as %s", (text, reason) => {
    const parsed = parse(text);

    expect(parsed.kind === "refusal" ? parsed.refusal.reason : parsed).toBe(reason);
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        parse(text);
        parse(`allow ${text}`);
      }),
    );
  });
});
