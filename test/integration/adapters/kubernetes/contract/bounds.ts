import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { OWN_KINDS } from "#src/domain/definitions.ts";
import { isRecord } from "#src/domain/json.ts";
import { fieldSchema, type Schema } from "#test/simulators/kubernetes/custom-resources/schema.ts";
import { SHIPPED_CRDS } from "#test/simulators/kubernetes/shipped-crds.ts";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { Api, type Connected, MERGE, type Reply } from "./api.ts";
import { changed } from "./changes.ts";
import { aCluster, aGateway, aGrant } from "./samples.ts";
import { schemaOf } from "./transitions.ts";

/** A place of a sample, what the schema says of it, and what stands there. */
interface Place {
  readonly path: string;
  /** As the API server names it. */
  readonly field: string;
  readonly schema: Schema;
  readonly value: unknown;
}

interface Breach extends Pick<Place, "path" | "field"> {
  readonly bound: string;
  readonly value: unknown;
}

const SAMPLES = {
  EgressGrant: aGrant("EG-20000"),
  EgressGateway: aGateway("bounds"),
  EgressCluster: aCluster(),
} as const;

/** Every place of spec and status; and those of the schema that the sample lacks. */
function placesOf(place: Place): {
  readonly places: readonly Place[];
  readonly absent: readonly string[];
} {
  const { value, schema, path, field } = place;
  const inner: Place[] = [];
  const absent: string[] = [];
  if (Array.isArray(value))
    for (const [index, each] of value.entries())
      inner.push({
        path: `${path}/${index}`,
        field: `${field}[${index}]`,
        schema: schema.items ?? {},
        value: each,
      });
  else if (isRecord(value)) {
    absent.push(
      ...Object.keys(schema.properties ?? {})
        .filter((key) => !(key in value))
        .map((key) => `${field}.${key}`),
    );
    for (const [key, each] of Object.entries(value))
      inner.push({
        path: `${path}/${key}`,
        field: `${field}.${key}`,
        schema: fieldSchema(schema, key) ?? {},
        value: each,
      });
  }
  const below = inner.map(placesOf);
  return {
    places: [place, ...below.flatMap(({ places }) => places)],
    absent: [...absent, ...below.flatMap((each) => each.absent)],
  };
}

/** One value for each bound of a place, just beyond it. */
function breachesOf({ path, field, schema, value }: Place): readonly Breach[] {
  return [
    ...beyondOne(schema),
    ...(Array.isArray(value) || schema.minItems !== undefined ? beyondList(schema, value) : []),
    ...(isRecord(value) ? beyondMap(schema, value) : []),
  ].map(({ key, ...beyond }) =>
    key === undefined
      ? { ...beyond, path, field }
      : { ...beyond, path: `${path}/${key}`, field: `${field}.${key}` },
  );
}

interface Beyond extends Pick<Breach, "bound" | "value"> {
  /** Of what is missing in a map. */
  readonly key?: string;
}

function beyondOne(schema: Place["schema"]): readonly Beyond[] {
  const { maxLength, minLength, minimum, maximum, pattern, format, type } = schema;
  const all: readonly (readonly [bound: string, isBounded: boolean, value: unknown])[] = [
    // A list is let past where a text has a format: values.ts.
    ["type", true, type === "array" || format !== undefined ? {} : []],
    ["maxLength", maxLength !== undefined, "a".repeat((maxLength ?? 0) + 1)],
    ["minLength", minLength !== undefined, "a".repeat(Math.max((minLength ?? 1) - 1, 0))],
    ["pattern", pattern !== undefined, "\u00e9 !"],
    ["enum", schema.enum !== undefined, "another"],
    ["format", format === "date-time", "yesterday"],
    ["minimum", minimum !== undefined, (minimum ?? 0) - 1],
    ["maximum", maximum !== undefined, (maximum ?? 0) + 1],
  ];
  return all.flatMap(([bound, isBounded, value]) => (isBounded ? [{ bound, value }] : []));
}

function beyondList(
  { maxItems, minItems = 0 }: Place["schema"],
  value: unknown,
): readonly Beyond[] {
  const [first]: readonly unknown[] = Array.isArray(value) ? value : [];
  const tooMany =
    Array.isArray(value) && maxItems !== undefined
      ? [{ bound: "maxItems", value: Array.from({ length: maxItems + 1 }, () => first) }]
      : [];
  return [...tooMany, ...(minItems > 0 ? [{ bound: "minItems", value: [] }] : [])];
}

function beyondMap(
  { maxProperties, required = [] }: Place["schema"],
  value: Readonly<Record<string, unknown>>,
): readonly Beyond[] {
  const [first] = Object.values(value);
  const keys = Array.from({ length: (maxProperties ?? 0) + 1 }, (_, index) => `k${index}`);
  const tooMany = Object.fromEntries(keys.map((key) => [key, first]));
  return [
    ...(maxProperties === undefined ? [] : [{ bound: "maxProperties", value: tooMany }]),
    ...required.map((key) => ({ key, bound: "required", value: undefined })),
  ];
}

export function describeBounds(name: string, connect: () => Connected): void {
  describe(`the bounds of our definitions, by ${name}:`, () => {
    let api: Api;
    beforeAll(async () => {
      api = new Api(connect().kubeConfig);
      await api.open(SHIPPED_CRDS);
    });
    afterAll(() => api.close());

    async function stored(object: KubernetesObject): Promise<KubernetesObject> {
      const { status, ...rest } = object;
      const { kind } = object as { readonly kind: (typeof OWN_KINDS)[number] };
      await api.make(kind, rest);
      const place = api.path(kind, object.metadata.name, "status");
      return (await api.send(`PATCH ${place}`, { body: { status }, type: MERGE })).object;
    }

    it.each(OWN_KINDS)(
      "of %s each refuses what lies beyond it, and names the place",
      async (kind) => {
        const schema = schemaOf(kind);
        const before = await stored(SAMPLES[kind]);
        const wrong: string[] = [];
        for (const part of ["spec", "status"] as const) {
          const { places, absent } = placesOf({
            path: `/${part}`,
            field: part,
            schema: schema.properties?.[part] ?? {},
            value: before[part],
          });
          expect(absentOf(places, absent)).toEqual([]);
          for (const breach of places.flatMap(breachesOf)) {
            const reply = await attempt(before, breach);
            if (!isRefusedAt(reply, breach))
              wrong.push(
                `${breach.field} ${breach.bound}: ${reply.code} ${reply.message.slice(0, 200)}`,
              );
          }
        }
        expect(wrong).toEqual([]);
      },
      120_000,
    );

    function attempt(before: KubernetesObject, breach: Breach): Promise<Reply> {
      const subresource = breach.path.startsWith("/status") ? "status" : "";
      const { kind } = before as { readonly kind: (typeof OWN_KINDS)[number] };
      return api.send(`PUT ${api.path(kind, before.metadata.name, subresource)}?dryRun=All`, {
        body: changed(before, breach),
      });
    }
  });
}

/** An element of a list may lack what another one has. */
function absentOf(places: readonly Place[], absent: readonly string[]): readonly string[] {
  const tried = new Set(places.map(({ field }) => withoutIndices(field)));
  return absent.filter((field) => !tried.has(withoutIndices(field)));
}

function withoutIndices(field: string): string {
  return field.replaceAll(/\[\d+\]/g, "[]");
}

function isRefusedAt({ code, causes }: Reply, { field }: Breach): boolean {
  return code === 422 && causes.some((cause) => cause.field === field);
}
