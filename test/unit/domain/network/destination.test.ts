import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseDestination, writeDestination } from "#src/domain/network/destination.ts";
import { WELL_KNOWN_PORTS, type WellKnownPort } from "#src/domain/network/well-known-ports.ts";

function read(text: string) {
  const found = parseDestination(text);
  if (found.outcome !== "destination") return found.reason;
  const { host, port, mode } = found.destination;
  return `${mode} ${host} ${port}`;
}

function optionsOf(text: string): readonly string[] {
  const found = parseDestination(text);
  return found.outcome === "question" ? found.options : [];
}

describe("parseDestination", () => {
  it.each([
    ["edition.cnn.com:443", "tls edition.cnn.com 443"],
    ["https://edition.cnn.com", "tls edition.cnn.com 443"],
    ["https://edition.cnn.com/", "tls edition.cnn.com 443"],
    ["HTTPS://Edition.CNN.com:8443", "tls edition.cnn.com 8443"],
    ["http://edition.cnn.com", "http edition.cnn.com 80"],
    ["http://edition.cnn.com:8080", "http edition.cnn.com 8080"],
    ["http://edition.cnn.com:5432", "http edition.cnn.com 5432"],
    ["tls://kafka.example.com:9093", "tls kafka.example.com 9093"],
    ["kafka.example.com:9093", "tls kafka.example.com 9093"],
    ["edition.cnn.com:80", "http edition.cnn.com 80"],
    ["edition.cnn.com.:443", "tls edition.cnn.com 443"],
    ["bücher.example:443", "tls xn--bcher-kva.example 443"],
  ])("reads %j as %j", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ["edition.cnn.com", "PortMissing"],
    ["tls://edition.cnn.com", "PortMissing"],
    ["edition.cnn.com:0", "PortInvalid"],
    ["edition.cnn.com:65536", "PortInvalid"],
    ["edition.cnn.com:443x", "PortInvalid"],
    ["edition.cnn.com:-1", "PortInvalid"],
    ["edition.cnn.com:", "PortInvalid"],
    ["edition.cnn.com:15000", "SidecarPort"],
    ["http://edition.cnn.com:15099", "SidecarPort"],
    ["edition.cnn.com:15100", "SchemeMissing"],
    ["tcp://pg.example.com", "PortMissing"],
    ["ftp://edition.cnn.com", "UnknownScheme"],
    ["https://edition.cnn.com/v1", "PathLeftOut"],
    ["https://edition.cnn.com/@me", "PathLeftOut"],
    ["https://edition.cnn.com\\@evil.example", "Backslash"],
    ["ssh.github.com:443", "PortException"],
    ["https://altssh.gitlab.com", "PortException"],
    ["kafka.example.com:9092", "SchemeMissing"],
    ["0.ubuntu.pool.ntp.org:123", "UdpOnly"],
    ["gopher://mq.example.com:70", "UnknownScheme"],
    ["https://edition.cnn.com?x=1", "QueryOrFragment"],
    ["https://edition.cnn.com/#top", "QueryOrFragment"],
    ["https://me:secret@edition.cnn.com", "UserInfo"],
    ["https://:443", "HostMissing"],
    ["", "HostMissing"],
    ["::1", "AddressLiteral"],
    ["[::1]:443", "AddressLiteral"],
    ["10.0.0.1:443", "AddressLiteral"],
    ["localhost", "Localhost"],
    ["*.com:443", "PublicSuffixWildcard"],
    ["edition.cnn.com:443:443", "NotAHost"],
  ])("does not take %j: %s", (text, reason) => {
    expect(read(text)).toBe(reason);
  });

  it.each<[typed: string, options: readonly string[]]>([
    ["edition.cnn.com", ["edition.cnn.com:443", "http://edition.cnn.com"]],
    ["tls://edition.cnn.com", ["tls://edition.cnn.com:443"]],
    [
      "edition.cnn.com:7777",
      ["tls://edition.cnn.com:7777", "http://edition.cnn.com:7777", "tcp://edition.cnn.com:7777"],
    ],
    ["edition.cnn.com/v1", ["https://edition.cnn.com"]],
    ["https://edition.cnn.com/v1?x", ["https://edition.cnn.com"]],
    ["http://edition.cnn.com:8080/v1", ["http://edition.cnn.com:8080"]],
    ["https://me:secret@edition.cnn.com/x", ["https://edition.cnn.com"]],
    ["kafka.example.com:9092", ["tls://kafka.example.com:9092", "tcp://kafka.example.com:9092"]],
    [
      "cluster0.example.mongodb.net:27017",
      ["tls://cluster0.example.mongodb.net:27017", "tcp://cluster0.example.mongodb.net:27017"],
    ],
    ["redis.example.com:6379", ["tls://redis.example.com:6379", "tcp://redis.example.com:6379"]],
    [
      "search.example.com:9200",
      ["https://search.example.com:9200", "http://search.example.com:9200"],
    ],
    ["ssh.github.com:443", ["tcp://ssh.github.com:443", "github.com:443"]],
    ["ssh.github.com", ["tcp://ssh.github.com:443", "github.com:443", "http://ssh.github.com"]],
    ["logs.example.com:514", ["logs.example.com:6514", "tls://logs.example.com:514"]],
    ["ftp://files.example.com", ["files.example.com:21"]],
    [
      "mongodb+srv://u:p@db.example.com/x",
      ["tls://db.example.com:27017", "tcp://db.example.com:27017"],
    ],
  ])("offers for %j what is accepted: %j", (text, options) => {
    expect(optionsOf(text)).toEqual(options);
    for (const option of options) expect(read(option)).toMatch(/^(tls|http|tcp) /);
  });

  it.each([
    ["kafka.example.com:9092", true],
    ["edition.cnn.com:7777", true],
    ["https://edition.cnn.com/v1", true],
    ["ntp.example.com:123", false],
    ["https://me:secret@edition.cnn.com", false],
    ["https://edition.cnn.com\\@evil.example", false],
    ["ftp://files.example.com", false],
  ])("says whether an option of %j is likely meant: %j", (text, likely) => {
    expect(parseDestination(text)).toMatchObject({ outcome: "question", likely });
  });

  it("keeps the host as it was typed beside the one that is asked for", () => {
    expect(parseDestination("Bücher.example:443")).toEqual({
      outcome: "destination",
      destination: { host: "xn--bcher-kva.example", port: 443, mode: "tls" },
      typedHost: "Bücher.example",
    });
  });

  it.each([
    "https://me:secret@edition.cnn.com",
    "https://hooks.slack.com/services/T0/B0/secret",
    "https://store.blob.core.windows.net/c/f?sv=2024&sig=secret",
    "store.blob.core.windows.net/c?sig=secret",
    "https://10.0.0.1/secret",
    "https://intranet/secret?secret#secret",
    "https://me:pass/secret@edition.cnn.com",
    "https://edition.cnn.com:99999/secret",
    "tcp://edition.cnn.com/secret",
    "foo://secret@edition.cnn.com",
    "postgres://u:secret@db.example.com:5432/secret",
    "https://a.example.com\\secret",
  ])("does not repeat what may be a secret in %j", (text) => {
    expect(JSON.stringify(parseDestination(text))).not.toContain("secret");
  });

  it("has a way for every port of a public host but the sidecar's own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
        fc.pre(port < 15_000 || port > 15_099);
        const text = `api.example.com:${port}`;
        const ways = read(text).includes(" ") ? [text] : optionsOf(text);
        expect(ways).not.toHaveLength(0);
        for (const way of ways) expect(read(way)).toMatch(/^(tls|http|tcp) /);
      }),
    );
  });

  it("writes a destination so that it is read as the same", () => {
    const mode = fc.constantFrom("tls" as const, "http" as const, "tcp" as const);
    const host = fc.constantFrom("api.example.com", "ssh.github.com", "xn--bcher-kva.example");
    const port = fc.oneof(
      fc.integer({ min: 1, max: 14_999 }),
      fc.constantFrom(...WELL_KNOWN_PORTS.keys()),
    );
    fc.assert(
      fc.property(fc.record({ host, port, mode }), (destination) => {
        expect(parseDestination(writeDestination(destination))).toMatchObject({ destination });
      }),
    );
  });

  it("never throws, and never lets the sidecar's ports through", () => {
    const text = fc.tuple(
      fc.constantFrom("", "http://", "https://", "tls://"),
      fc.oneof(fc.domain(), fc.string({ unit: "binary" })),
      fc.oneof(
        fc.constant(""),
        fc.integer({ min: 14_990, max: 15_110 }).map((port) => `:${port}`),
      ),
    );

    fc.assert(
      fc.property(text, (parts) => {
        const found = parseDestination(parts.join(""));
        const port = found.outcome === "destination" ? found.destination.port : 0;
        expect(port >= 15_000 && port <= 15_099).toBe(false);
      }),
    );
  });
});

describe("the table of well-known ports", () => {
  it("is the one in docs/ports.md", () => {
    const page = readFileSync(new URL("../../../../docs/ports.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| (\d+) +\| (.+?) +\| (.+?) +\|$/gm)].map(
      ([, port, service, meaning]) => [Number(port), service, meaning],
    );

    expect(rows).toEqual(
      [...WELL_KNOWN_PORTS].map(([port, known]) => [port, known.service, meaningOf(known)]),
    );
  });
});

function meaningOf({ mode, schemes = [], tlsPort }: WellKnownPort): string {
  if (mode === "ask") return `asked: ${schemes.map((scheme) => `\`${scheme}://\``).join(" or ")}`;
  const instead = tlsPort === undefined ? "" : `; over TLS on ${tlsPort}`;
  if (mode === "udp") return `UDP: refused${instead}`;
  return `\`${mode}\`${instead}`;
}
