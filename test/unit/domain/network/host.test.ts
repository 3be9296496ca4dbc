import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parseHost } from "#src/domain/network/host.ts";
import { isRefusal } from "#src/domain/outcome.ts";

function host(text: string) {
  return parseHost(text, { clusterDomains: ["cluster.local", "corp.mesh"] });
}

describe("parseHost", () => {
  it.each([
    [
      "Edition.CNN.com.",
      { host: "edition.cnn.com", unicode: "edition.cnn.com", registrable: "cnn.com" },
    ],
    [
      "bücher.example",
      {
        host: "xn--bcher-kva.example",
        unicode: "bücher.example",
        registrable: "xn--bcher-kva.example",
      },
    ],
    [
      "api.foo.co.uk",
      { host: "api.foo.co.uk", unicode: "api.foo.co.uk", registrable: "foo.co.uk" },
    ],
    [
      "me.github.io",
      { host: "me.github.io", unicode: "me.github.io", registrable: "me.github.io" },
    ],
  ])("takes %j", (text, expected) => {
    expect(host(text)).toEqual(expected);
  });

  it.each([
    ["mediap.svc.ms", "svc.ms"],
    ["s3.eu-west-1.amazonaws.com", "amazonaws.com"],
    ["bucket.s3.eu-west-1.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com"],
    ["api.weather.corp", "weather.corp"],
  ])("names the domain that somebody registered for %s", (text, registrable) => {
    expect(host(text)).toMatchObject({ host: text, registrable });
  });

  it("shows a name of mixed scripts in both forms", () => {
    expect(host("\u0430pple.com")).toMatchObject({
      host: "xn--pple-43d.com",
      unicode: "\u0430pple.com",
    });
  });

  it.each([
    ["10.0.0.1", "AddressLiteral"],
    ["127.1", "AddressLiteral"],
    ["2130706433", "AddressLiteral"],
    ["0x7f000001", "AddressLiteral"],
    ["0177.0.0.1", "AddressLiteral"],
    ["１２７.0.0.1", "AddressLiteral"],
    ["[::1]", "AddressLiteral"],
    ["fe80::1", "AddressLiteral"],
    ["169.254.169.254", "AddressLiteral"],
    ["metadata.google.internal", "Metadata"],
    ["localhost", "Localhost"],
    ["a.localhost", "Localhost"],
    ["intranet", "SingleLabel"],
    ["api.team-x.svc", "ClusterName"],
    ["api.team-x.svc.cluster.local", "ClusterName"],
    ["api.corp.mesh", "ClusterName"],
    ["x.egress.internal", "ClusterName"],
    ["*", "WildcardEverything"],
    ["*.com", "WildcardForOneHost"],
    ["*.example.com", "WildcardForOneHost"],
    ["a*.example.com", "PartialWildcard"],
    ["co.uk", "PublicSuffix"],
    ["my_host.example.com", "Underscore"],
    [`${"a".repeat(64)}.example.com`, "LabelTooLong"],
    [`${"a.".repeat(125)}example.com`, "HostTooLong"],
    ["a..example.com", "EmptyLabel"],
    ["-a.example.com", "NotAHost"],
    ["exa mple.com", "NotAHost"],
    ["exa\tmple.com", "NotAHost"],
    ["example.com/path", "NotAHost"],
    ["example.com\\evil.example", "NotAHost"],
    ["example.com?x", "NotAHost"],
    ["%6cocalhost", "NotAHost"],
    ["example.com:443", "NotAHost"],
    ["me@example.com", "NotAHost"],
    ["example.1", "NotAHost"],
    ["", "EmptyLabel"],
    [".example.com", "EmptyLabel"],
    ["example.com..", "EmptyLabel"],
    ["LOCALHOST.", "Localhost"],
    ["\u24DB\u24DE\u24D2\u24D0\u24DB\u24D7\u24DE\u24E2\u24E3", "Localhost"],
    ["Metadata.Google.Internal.", "Metadata"],
    ["api.corp\u3002mesh", "ClusterName"],
    ["017700000001", "AddressLiteral"],
    ["0x7f.0.0.1", "AddressLiteral"],
    ["1.2.3.4.5", "AddressLiteral"],
    ["[::ffff:10.0.0.1]", "AddressLiteral"],
    ["fe80::1%eth0", "AddressLiteral"],
    ["*.*.com", "PartialWildcard"],
  ])("refuses %j as %s", (text, reason) => {
    const found = host(text);

    expect(isRefusal(found) ? found.reason : found).toBe(reason);
  });

  it("reads back as itself what it returned, and never throws", () => {
    const typed = fc.oneof(
      fc.domain(),
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }).map((label) => `${label}.example.com`),
      fc.ipV4Extended(),
      fc.ipV6(),
    );

    fc.assert(
      fc.property(typed, (text) => {
        const found = host(text);
        expect(isRefusal(found) ? found : host(found.host)).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  it("takes no address, in any spelling", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV6(), fc.nat().map(String)), (text) => {
        expect(isRefusal(host(text))).toBe(true);
      }),
    );
  });
});
