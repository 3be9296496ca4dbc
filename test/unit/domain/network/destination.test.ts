import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseDestination } from "#src/domain/network/destination.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import { WELL_KNOWN_PORTS } from "#src/domain/network/well-known-ports.ts";

function read(text: string) {
  const found = parseDestination(text);
  if (isRefusal(found)) return found.reason;
  const { host, port, mode } = found.destination;
  return `${mode} ${host} ${port}`;
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
    ["pg.example.com:5432", "TcpLater"],
    ["tcp://pg.example.com:443", "TcpLater"],
    ["ftp://edition.cnn.com", "UnknownScheme"],
    ["https://edition.cnn.com/v1", "PathLater"],
    ["https://edition.cnn.com/@me", "PathLater"],
    ["https://edition.cnn.com\\@evil.example", "PathLater"],
    ["https://edition.cnn.com?x=1", "QueryOrFragment"],
    ["https://edition.cnn.com/#top", "QueryOrFragment"],
    ["https://me:secret@edition.cnn.com", "UserInfo"],
    ["https://:443", "HostMissing"],
    ["", "HostMissing"],
    ["::1", "AddressLiteral"],
    ["[::1]:443", "AddressLiteral"],
    ["10.0.0.1:443", "AddressLiteral"],
    ["localhost", "Localhost"],
    ["*.example.com:443", "WildcardLater"],
    ["edition.cnn.com:443:443", "NotAHost"],
  ])("refuses %j as %s", (text, reason) => {
    expect(read(text)).toBe(reason);
  });

  it.each([
    "edition.cnn.com",
    "edition.cnn.com:7777",
    "edition.cnn.com/v1",
    "https://edition.cnn.com/v1?x",
    "http://edition.cnn.com:8080/v1",
    "tls://edition.cnn.com",
    "ftp://edition.cnn.com",
    "edition.cnn.com:443x",
  ])("mends %j with an example that works", (text) => {
    const refusal = parseDestination(text);
    const examples = isRefusal(refusal) ? [...refusal.fix.matchAll(/`([^`]+)`/g)] : [];

    expect(examples.map(([, example = ""]) => read(example))).not.toHaveLength(0);
    for (const [, example = ""] of examples) expect(read(example)).toMatch(/^(tls|http) /);
  });

  it("keeps the host as it was typed beside the one that is asked for", () => {
    expect(parseDestination("Bücher.example:443")).toEqual({
      destination: { host: "xn--bcher-kva.example", port: 443, mode: "tls" },
      typedHost: "Bücher.example",
    });
  });

  it("does not repeat a password", () => {
    expect(JSON.stringify(parseDestination("https://me:secret@edition.cnn.com"))).not.toContain(
      "secret",
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
        const port = isRefusal(found) ? 0 : found.destination.port;
        expect(port >= 15_000 && port <= 15_099).toBe(false);
      }),
    );
  });
});

describe("the table of well-known ports", () => {
  it("is the one in docs/ports.md", () => {
    const page = readFileSync(new URL("../../../../docs/ports.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| (\d+) +\| (.+?) +\| `(http|tls|tcp)`/gm)].map(
      ([, port, service, mode]) => [Number(port), { mode, service }],
    );

    expect(rows).toEqual([...WELL_KNOWN_PORTS]);
  });
});
