import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Mode } from "#src/domain/grant.ts";
import { parseLimits } from "#src/domain/network/limits.ts";
import { type TypedTerms, withTerms } from "#src/domain/network/terms.ts";
import { isRefusal } from "#src/domain/outcome.ts";

function read(terms: TypedTerms, mode: Mode = "http", host = "api.example.com") {
  const found = withTerms({ host, port: 443, mode }, terms, { clusterDomains: ["corp.internal"] });
  return isRefusal(found) ? found.reason : found;
}

describe("what else is said of a destination", () => {
  it("are paths and methods, sorted and once each, and the host a wildcard leads to", () => {
    expect(read({ paths: ["/v1/*", "/health", "/v1/*"], methods: ["post", "GET", "get"] })).toEqual(
      {
        host: "api.example.com",
        port: 443,
        mode: "http",
        paths: ["/health", "/v1/*"],
        methods: ["GET", "POST"],
      },
    );
    expect(read({ via: "Front.Example.com." }, "tls", "*.example.com")).toEqual({
      host: "*.example.com",
      port: 443,
      mode: "tls",
      via: "front.example.com",
    });
    expect(read({})).toEqual({ host: "api.example.com", port: 443, mode: "http" });
    expect(read({ paths: ["/"] }, "originate")).toHaveProperty("paths", ["/"]);
  });

  it.each<[what: string, TypedTerms, Mode, host: string, reason: string]>([
    ["paths of tls", { paths: ["/"] }, "tls", "a.example.com", "LimitsNeedHttp"],
    ["methods of tcp", { methods: ["GET"] }, "tcp", "a.example.com", "LimitsNeedHttp"],
    ["a wildcard over tcp", { via: "a.example.com" }, "tcp", "*.example.com", "WildcardMode"],
    ["a wildcard that originates", {}, "originate", "*.example.com", "WildcardMode"],
    ["a wildcard without via", {}, "http", "*.example.com", "WildcardNeedsVia"],
    ["via of one host", { via: "b.example.com" }, "tls", "a.example.com", "ViaNeedsWildcard"],
    ["via an address", { via: "10.0.0.1" }, "tls", "*.example.com", "AddressLiteral"],
    ["via a wildcard", { via: "*.example.com" }, "tls", "*.example.com", "WildcardForOneHost"],
    ["via inside", { via: "db.corp.internal" }, "tls", "*.example.com", "ClusterName"],
    ["an unknown method", { methods: ["GET", "BREW"] }, "http", "a.example.com", "MethodUnknown"],
    ["CONNECT", { methods: ["CONNECT"] }, "http", "a.example.com", "MethodUnknown"],
    ["no method", { methods: [] }, "http", "a.example.com", "MethodUnknown"],
    ["no path", { paths: [] }, "http", "a.example.com", "PathInvalid"],
  ])("refuses %s", (_what, terms, mode, host, reason) => {
    expect(read(terms, mode, host)).toBe(reason);
  });

  it.each([
    "v1",
    "",
    "https://a/b",
    "/a?b",
    "/a#b",
    "/a/../b",
    "/..",
    "/a/./b",
    "/a%2fb",
    "/a%2Eb",
    "/a%5cb",
    "/a\\b",
    "/a;b",
    "/a b",
    "/é",
    "/%",
    "/%4",
    "/%zz",
    "/a*",
    "/*/a",
    "/a/*/*",
    "/**",
    "//a",
    "/a//b",
    `/${"a".repeat(120)}`,
  ])("refuses the path %s", (path) => {
    expect(read({ paths: ["/fine", path] })).toBe("PathInvalid");
  });

  it("never keeps a path that a server may read as another one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
        const limits = parseLimits({ paths: [`/${text}`] });
        if (isRefusal(limits)) return;
        const [path = ""] = limits.paths ?? [];
        expect(path).toMatch(/^\/[\x21-\x7e]*$/);
        expect(path).not.toMatch(/[?#;\\]|%2[ef]|%5c|\/\/|\/\.\.?(?:\/|$)/i);
        expect(new URL(path.replace(/\*$/, "x"), "http://a").pathname).toBe(
          path.replace(/\*$/, "x"),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
