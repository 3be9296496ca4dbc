import { describe, expect, it } from "@jest/globals";
import type { Schema } from "#test/simulators/kubernetes/custom-resources/schema.ts";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";

interface Definition {
  readonly names: { readonly kind: string; readonly shortNames: readonly string[] };
  readonly versions: readonly {
    readonly subresources: object;
    readonly additionalPrinterColumns: readonly {
      readonly name: string;
      readonly type: string;
      readonly priority?: number;
    }[];
    readonly schema: { readonly openAPIV3Schema: Schema };
  }[];
}

const KINDS = SHIPPED_CRDS.map(({ spec }) => {
  const { names, versions } = spec as unknown as Definition;
  const [version] = versions;
  if (version === undefined) throw new Error(`${names.kind} has no version`);
  return { names, version, kind: names.kind, schema: version.schema.openAPIV3Schema };
});

/** An end always still fits: etcd refuses what is larger than 1.5 MiB, with all that metadata may hold beside it. */
const MOST_BYTES = 800_000;

/** JSON writes a character of its own worst as six bytes, such as `\u003c`. */
const FREE_CHARACTER = 6;
/** What a pattern of ours lets through is ASCII that JSON writes as it is. */
const PATTERN_CHARACTER = 1;
/** A key of a map is bounded by its rule alone, and no longer than the longest name. */
const LONGEST_KEY = 316;

/** The most bytes a value of this schema has as JSON; places without a bound are told. */
function mostBytes(schema: Schema, place: string, unbounded: string[]): number {
  switch (schema.type) {
    case "string":
      if (schema.enum !== undefined)
        return Math.max(...schema.enum.map((text) => JSON.stringify(text).length));
      return 2 + bound(schema.maxLength, place, unbounded) * widthOf(schema);
    case "integer":
      bound(schema.maximum, place, unbounded);
      return 20;
    case "boolean":
      return 5;
    case "array": {
      const most = bound(schema.maxItems, place, unbounded);
      return 2 + most * (1 + mostBytes(schema.items ?? {}, `${place}[]`, unbounded));
    }
    case "object":
      return objectBytes(schema, place, unbounded);
    case undefined:
    default:
      unbounded.push(place);
      return 0;
  }
}

function objectBytes(schema: Schema, place: string, unbounded: string[]): number {
  const { properties = {}, additionalProperties } = schema;
  const own = Object.entries(properties).map(
    ([name, inner]) => name.length + 4 + mostBytes(inner, `${place}.${name}`, unbounded),
  );
  const sum = own.reduce((total, bytes) => total + bytes, 2);
  if (additionalProperties === undefined) return sum;
  const most = bound(schema.maxProperties, place, unbounded);
  return sum + most * (LONGEST_KEY + 4 + mostBytes(additionalProperties, `${place}{}`, unbounded));
}

function widthOf({ pattern, format }: Schema): number {
  return pattern === undefined && format === undefined ? FREE_CHARACTER : PATTERN_CHARACTER;
}

function bound(value: number | undefined, place: string, unbounded: string[]): number {
  if (value === undefined) unbounded.push(place);
  return value ?? 0;
}

describe.each(KINDS)("the definition of $kind", ({ kind, schema, version, names }) => {
  it("bounds every list, map, number and text, and the fullest object is far from what etcd refuses", () => {
    const unbounded: string[] = [];
    const bytes = ["spec", "status"].map((part) =>
      mostBytes(schema.properties?.[part] ?? {}, part, unbounded),
    );

    expect(unbounded).toEqual([]);
    expect(bytes.reduce((sum, each) => sum + each)).toBeLessThan(MOST_BYTES);
  });

  it("lets patterns through only what JSON writes as it is", () => {
    const wide = patternsIn(schema).filter((pattern) =>
      ["é", "<", "&", '"', "\\", "\u0001"].some((each) => {
        const expression = new RegExp(pattern, "u");
        return [each, `a${each}a`, `/${each}`, `A${each}`].some((text) => expression.test(text));
      }),
    );

    expect(wide).toEqual([]);
  });

  it("has a status of its own, and short names", () => {
    expect(version.subresources).toEqual({ status: {} });
    expect(names.shortNames).toEqual([SHORT_NAMES[kind]]);
  });

  it("shows no time that may lie ahead as an age", () => {
    const dates = version.additionalPrinterColumns.filter(({ type }) => type === "date");

    expect(dates.map(({ name }) => name)).toEqual(["Age"]);
  });
});

const SHORT_NAMES: Readonly<Record<string, string>> = {
  EgressGrant: "egrant",
  EgressGateway: "egw",
  EgressCluster: "ecluster",
};

it("`kubectl get egrant` shows what people ask about", () => {
  const columns = KINDS.find(({ kind }) => kind === "EgressGrant")?.version
    .additionalPrinterColumns;
  const shown = columns?.filter(({ priority = 0 }) => priority === 0).map(({ name }) => name);

  // Before them kubectl shows the name, which is the id.
  expect(shown).toEqual([
    "Team",
    "Namespace",
    "Destination",
    "Gateway",
    "State",
    "Verdict",
    "Ends",
    "Age",
  ]);
});

function patternsIn(schema: Schema): readonly string[] {
  const inner = [
    ...Object.values(schema.properties ?? {}),
    schema.items ?? {},
    schema.additionalProperties ?? {},
  ].filter((each) => Object.keys(each).length > 0);
  return [...(schema.pattern === undefined ? [] : [schema.pattern]), ...inner.flatMap(patternsIn)];
}
