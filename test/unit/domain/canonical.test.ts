import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { canonicalJson, sameJson } from "#src/domain/canonical.ts";

const json = fc.jsonValue({ maxDepth: 4 });

/** The same value with the keys of its objects the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

describe("equality of JSON values", () => {
  it("is that of their canonical texts", () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(sameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      }),
    );
  });

  it("does not mind the order of keys", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(sameJson(value, turned(value))).toBe(true);
      }),
    );
  });

  it("sees one leaf that is another", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json, { minKeys: 1 }), json, (value, leaf) => {
        const [key = ""] = Object.keys(value);
        const other = { ...value, [key]: leaf };
        expect(sameJson(value, other)).toBe(canonicalJson(value) === canonicalJson(other));
      }),
    );
  });

  it.each([
    [{ a: undefined }, {}, true],
    [{ a: undefined }, { b: 1 }, false],
    [{ a: null }, {}, false],
    [{}, [], false],
    [[], {}, false],
    [[1], [1, 2], false],
    [[1, 2], [2, 1], false],
    ["\ud800", "\ud800", true],
    [{ "\ud800": 1 }, {}, false],
    [1, "1", false],
    [null, {}, false],
    [{ toString: 1 }, {}, false],
  ])("%j and %j: %s", (one, other, same) => {
    expect(sameJson(one, other)).toBe(same);
    expect(sameJson(other, one)).toBe(same);
  });
});
