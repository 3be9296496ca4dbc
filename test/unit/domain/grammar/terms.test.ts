import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Destination } from "#src/domain/grant.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { writeLine } from "#src/domain/grammar/strict/line.ts";

function read(text: string): Destination | string {
  const parsed = interpret(text, { team: "team-x" });
  if (parsed.kind === "command")
    return parsed.command.kind === "allow" ? parsed.command.destination : parsed.command.kind;
  return parsed.kind === "refusal" ? parsed.refusal.reason : parsed.kind;
}

function some(text: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  const list = fc.uniqueArray(text, { minLength: 1, maxLength: 5 });
  return list.map((texts) => texts.toSorted());
}

const API = { host: "api.example.com", port: 80, mode: "http" } as const;

describe("what may be asked for of a destination is written", () => {
  it.each<[text: string, destination: Destination]>([
    [
      "http://api.example.com paths /v1/*,/health methods GET,POST for team-x because news",
      { ...API, paths: ["/health", "/v1/*"], methods: ["GET", "POST"] },
    ],
    [
      "http://api.example.com for team-x paths /v1/*, /health because news",
      { ...API, paths: ["/health", "/v1/*"] },
    ],
    [
      "http://api.example.com path /v1/* method get for team-x because news.",
      { ...API, paths: ["/v1/*"], methods: ["GET"] },
    ],
    [
      "http://api.example.com originate for team-x because news",
      { ...API, port: 443, mode: "originate" },
    ],
    [
      "http://api.example.com originate tls for team-x because news",
      { ...API, port: 443, mode: "originate" },
    ],
    [
      "http://api.example.com originate 8443 paths /v1/* for team-x because news",
      { ...API, port: 8443, mode: "originate", paths: ["/v1/*"] },
    ],
    [
      "http://api.example.com:80 for team-x originate, methods GET because news",
      { ...API, port: 443, mode: "originate", methods: ["GET"] },
    ],
    [
      "*.example.com:443 via front.example.net for team-x because maps",
      { host: "*.example.com", port: 443, mode: "tls", via: "front.example.net" },
    ],
    [
      "http://*.Example.com for team-x via Front.example.com, paths /v1/* because maps.",
      { ...API, host: "*.example.com", via: "front.example.com", paths: ["/v1/*"] },
    ],
    [
      "tls://*.example.com:8443 via example.com. for team-x because maps",
      { host: "*.example.com", port: 8443, mode: "tls", via: "example.com" },
    ],
  ])("allow %s", (text, destination) => {
    expect(read(`allow ${text}`)).toEqual(destination);
  });

  it.each([
    ["api.example.com:443 paths /v1/* for team-x because news", "LimitsNeedHttp"],
    ["tls://api.example.com:8443 methods GET for team-x because news", "LimitsNeedHttp"],
    ["https://api.example.com originate for team-x because news", "OriginateNeedsHttp"],
    ["http://api.example.com:8080 originate for team-x because news", "OriginatePort"],
    ["http://api.example.com originate 80 for team-x because news", "OriginatePort"],
    ["http://api.example.com originate 0 for team-x because news", "OriginatePort"],
    ["http://api.example.com originate 70000 for team-x because news", "OriginatePort"],
    ["http://api.example.com paths v1 for team-x because news", "PathInvalid"],
    ["http://api.example.com paths /a/../b for team-x because news", "PathInvalid"],
    ["http://api.example.com methods BREW for team-x because news", "MethodUnknown"],
    ["http://api.example.com paths for team-x because news", "ValueMissing"],
    ["http://api.example.com paths /a paths /b for team-x because news", "SaidTwice"],
    ["http://api.example.com originate originate for team-x because news", "SaidTwice"],
    ["*.example.com:443 for team-x because maps", "WildcardNeedsVia"],
    ["*.example.com:443 via for team-x because maps", "ValueMissing"],
    ["*.example.com:443 via a.example.com via b.example.com for team-x because maps", "SaidTwice"],
    ["*.example.com:443 via *.example.net for team-x because maps", "WildcardForOneHost"],
    ["*.example.com:443 via 10.0.0.1 for team-x because maps", "AddressLiteral"],
    ["*.example.com:443 via a.svc.cluster.local for team-x because maps", "ClusterName"],
    ["*.example.com:443 via front.example.com:443 for team-x because maps", "NotAHost"],
    ["api.example.com:443 via front.example.com for team-x because maps", "ViaNeedsWildcard"],
    ["tcp://*.example.com:5432 via front.example.com for team-x because maps", "WildcardMode"],
    ["tcp://*.example.com:5432 for team-x because maps", "WildcardMode"],
    ["http://*.example.com originate via a.example.com for team-x because maps", "WildcardMode"],
    ["*.blob.core.windows.net:443 via a.example.com because maps", "PublicSuffixWildcard"],
    ["*.com:443 via a.example.com for team-x because maps", "PublicSuffixWildcard"],
    ["a*.example.com:443 via a.example.com for team-x because maps", "PartialWildcard"],
    ["*:443 via a.example.com for team-x because maps", "WildcardEverything"],
  ])("and refused where it is not possible: %s", (text, reason) => {
    expect(read(`allow ${text}`)).toBe(reason);
  });

  it.each([
    [
      "allow *.example.com:443 for team-x because maps",
      "if example.com answers for all of them, write `@sallyport allow *.example.com:443 via example.com for team-x because …`",
    ],
    [
      "check http://*.example.com paths /v1/* in prod",
      "write `@sallyport check http://*.example.com via example.com paths /v1/* in prod`",
    ],
    [
      "please open *.example.com for team-x",
      "`@sallyport allow *.example.com:443 via example.com for team-x because …`",
    ],
    [
      "allow api.example.com:443 via front.example.com for team-x because maps",
      "leave via out: `@sallyport allow api.example.com:443 for team-x because …`",
    ],
  ])("with the line that would be carried out: %s", (text, line) => {
    const parsed = interpret(text, { team: "team-x" });

    expect(parsed.kind === "refusal" ? parsed.refusal.fix : parsed).toContain(line);
  });

  it.each([
    "please open *.example.com via front.example.net for team-x because maps",
    "can we have access to *.example.com:443 via front.example.net for team-x? because maps",
    "allow *.example.com via front.example.net for team-x because maps",
  ])("in other words, too: %s", (text) => {
    const parsed = interpret(text, { team: "team-x" });

    expect(parsed.kind === "suggestion" ? parsed.line : parsed).toBe(
      "allow *.example.com:443 via front.example.net for team-x because maps",
    );
  });

  it("and `via` says nothing where it stands before a port", () => {
    const parsed = interpret("allow api.example.com via port 443 for team-x because news", {
      team: "team-x",
    });

    expect(parsed.kind === "suggestion" ? parsed.line : parsed).toBe(
      "allow api.example.com:443 for team-x because news",
    );
  });

  it("so that each destination, written as a line, is read as itself", () => {
    const path = fc.constantFrom("/", "/v1/*", "/health", "/a/b.c~d", "/%20x");
    const limits = fc.record(
      { paths: some(path), methods: some(fc.constantFrom("GET", "POST", "PUT", "DELETE")) },
      { requiredKeys: [] },
    );
    const place = fc.oneof(
      fc.record({ port: fc.constantFrom(80, 8080, 3128), mode: fc.constant("http" as const) }),
      fc.record({
        port: fc.constantFrom(443, 8443, 9443),
        mode: fc.constant("originate" as const),
      }),
    );
    fc.assert(
      fc.property(place, limits, fc.boolean(), (at, bounds, isWide) => {
        const name =
          isWide && at.mode !== "originate"
            ? { host: "*.example.com", via: "front.example.com" }
            : { host: "api.example.com" };
        const destination: Destination = { ...name, ...at, ...bounds };
        const line = writeLine({ kind: "allow", destination, team: "team-x", reason: "news" });
        expect(read(line)).toEqual(destination);
      }),
    );
  });
});
