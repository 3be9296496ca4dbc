import { createRequire } from "node:module";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { parse as parseDomain } from "tldts";
import { parseHostOrWildcard } from "#src/domain/network/host.ts";
import { includes, overlaps } from "#src/domain/network/wildcard.ts";
import { isRefusal } from "#src/domain/outcome.ts";

const AT = { clusterDomains: ["cluster.local", "corp.mesh"] };

function reasonOf(text: string): string {
  const found = parseHostOrWildcard(text, AT);
  return isRefusal(found) ? found.reason : found.host;
}

describe("a wildcard", () => {
  it("is every host below a name that somebody owns", () => {
    expect(parseHostOrWildcard("*.Tiles.Example.co.uk.", AT)).toEqual({
      host: "*.tiles.example.co.uk",
      unicode: "*.tiles.example.co.uk",
      registrable: "example.co.uk",
    });
    expect(parseHostOrWildcard("*.bücher.example", AT)).toMatchObject({
      host: "*.xn--bcher-kva.example",
      unicode: "*.bücher.example",
    });
  });

  it.each([
    ["*.account.blob.core.windows.net", "*.account.blob.core.windows.net"],
    ["*.d111.cloudfront.net", "*.d111.cloudfront.net"],
    ["*", "WildcardEverything"],
    ["*.", "WildcardEverything"],
    ["*.*.example.com", "PartialWildcard"],
    ["a*.example.com", "PartialWildcard"],
    ["*a.example.com", "PartialWildcard"],
    ["a.*.example.com", "PartialWildcard"],
    ["*.com", "PublicSuffixWildcard"],
    ["*.co.uk", "PublicSuffixWildcard"],
    ["*.azurewebsites.net", "PublicSuffixWildcard"],
    ["*.s3.amazonaws.com", "PublicSuffixWildcard"],
    ["*.S3.AmazonAWS.com", "PublicSuffixWildcard"],
    ["*.\uFF533.amazonaws.com", "PublicSuffixWildcard"],
    ["*.blob.core.windows.net", "PublicSuffixWildcard"],
    ["*.core.windows.net", "PublicSuffixWildcard"],
    ["*.windows.net", "PublicSuffixWildcard"],
    ["*.amazonaws.com", "PublicSuffixWildcard"],
    ["*.database.windows.net", "PublicSuffixWildcard"],
    ["*.azure.com", "PublicSuffixWildcard"],
    ["*.westeurope.cloudapp.azure.com", "PublicSuffixWildcard"],
    ["*.10.0.0.1", "AddressLiteral"],
    ["*.localhost", "Localhost"],
    ["*.team-x.svc.cluster.local", "ClusterName"],
    ["*.corp.mesh", "ClusterName"],
    ["*.egress.internal", "ClusterName"],
    ["*.metadata.google.internal", "Metadata"],
    ["*.my_host.example.com", "Underscore"],
    ["*..example.com", "EmptyLabel"],
    [
      `*.${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(49)}.example.com`,
      "HostTooLong",
    ],
  ])("%j is %s", (text, expected) => {
    expect(reasonOf(text)).toBe(expected);
  });

  it("is never of a suffix of the public list, nor of a name above one", () => {
    const rules = suffixRules();
    expect(rules.length).toBeGreaterThan(9000);

    const taken = rules
      .map((rule) => rule.replace(/^\*\./, ""))
      .flatMap((rule) => rule.split(".").map((_, at, labels) => labels.slice(at).join(".")))
      .filter((name) => !isRefusal(parseHostOrWildcard(`*.${name}`, AT)));

    expect(taken).toEqual([]);
  });

  it("has below it only hosts that the same owner registered", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
    const rules = suffixRules().map((rule) => rule.replace(/^\*\./, ""));
    const name = fc
      .tuple(fc.array(label, { maxLength: 2 }), fc.constantFrom(...rules))
      .map(([labels, rule]) => [...labels, rule].join("."));
    fc.assert(
      fc.property(name, fc.array(label, { minLength: 1, maxLength: 3 }), (below, labels) => {
        const found = parseHostOrWildcard(`*.${below}`, AT);
        fc.pre(!isRefusal(found));
        const host = [...labels, found.host.slice(2)].join(".");

        expect(parseDomain(host, { allowPrivateDomains: true }).domain).toBe(found.registrable);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("names as sets", () => {
  const host = fc
    .tuple(fc.boolean(), fc.array(fc.constantFrom("a", "b"), { maxLength: 3 }))
    .map(([star, labels]) => `${star ? "*." : ""}${[...labels, "example.com"].join(".")}`);
  const name = fc
    .array(fc.constantFrom("a", "b", "c"), { maxLength: 5 })
    .map((labels) => [...labels, "example.com"].join("."));

  it("include and overlap as their names do", () => {
    fc.assert(
      fc.property(host, host, name, (one, other, each) => {
        if (includes(one, other) && includes(other, each)) expect(includes(one, each)).toBe(true);
        if (includes(one, each) && includes(other, each)) expect(overlaps(one, other)).toBe(true);
        expect(includes(one, one)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["*.example.com", "example.com", false],
    ["*.example.com", "a.b.example.com", true],
    ["*.example.com", "*.a.example.com", true],
    ["*.a.example.com", "*.example.com", false],
    ["*.example.com", "notexample.com", false],
    ["*.example.com", "*.notexample.com", false],
  ])("%s includes %s: %j", (outer, inner, expected) => {
    expect(includes(outer, inner)).toBe(expected);
  });
});

interface Trie {
  readonly edgeStart: ArrayLike<number>;
  readonly edgeLength: ArrayLike<number>;
  readonly edgeChild: ArrayLike<number>;
  readonly labelText: string;
  readonly rulesRoot: number;
}

/** Every rule of the list that tldts was built with, and every name on the way to one: its own tables. */
function suffixRules(): readonly string[] {
  const require = createRequire(import.meta.url);
  const trie = require("tldts/dist/cjs/src/data/trie.js") as Trie;
  const offsets: number[] = [];
  let end = 0;
  for (let edge = 0; edge < trie.edgeLength.length; edge += 1) {
    offsets.push(end);
    end += trie.edgeLength[edge] ?? 0;
  }
  function below(node: number, name: string): readonly string[] {
    const [first = 0, last = 0] = [trie.edgeStart[node], trie.edgeStart[node + 1]];
    const found: string[] = [];
    for (let edge = first; edge < last; edge += 1) {
      const start = offsets[edge] ?? 0;
      const label = trie.labelText.slice(start, start + (trie.edgeLength[edge] ?? 0));
      const whole = name === "" ? label : `${label}.${name}`;
      found.push(whole, ...below(trie.edgeChild[edge] ?? 0, whole));
    }
    return found;
  }
  return below(trie.rulesRoot, "");
}
