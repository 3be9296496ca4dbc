import { describe, expect, it } from "@jest/globals";
import { parseHost } from "#src/domain/host.ts";
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
    ["*.com", "PublicSuffixWildcard"],
    ["*.co.uk", "PublicSuffixWildcard"],
    ["*.example.com", "WildcardLater"],
    ["a*.example.com", "PartialWildcard"],
    ["co.uk", "PublicSuffix"],
    ["my_host.example.com", "Underscore"],
    [`${"a".repeat(64)}.example.com`, "LabelTooLong"],
    [`${"a.".repeat(125)}example.com`, "HostTooLong"],
    ["a..example.com", "EmptyLabel"],
    ["-a.example.com", "NotAHost"],
    ["exa mple.com", "NotAHost"],
  ])("refuses %j as %s", (text, reason) => {
    const found = host(text);

    expect(isRefusal(found) ? found.reason : found).toBe(reason);
  });
});
