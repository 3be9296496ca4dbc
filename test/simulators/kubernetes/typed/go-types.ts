import { isTree, type Tree } from "../json-tree.ts";

/** A field as the API server's Go types have it. */
type GoType = "string" | "int32" | "map[string]string" | Fields;
interface Fields {
  readonly [field: string]: GoType;
}

/** Of every object's metadata, as far as anybody writes it. */
const METADATA: Fields = { labels: "map[string]string", annotations: "map[string]string" };
const TYPES: Readonly<Record<string, Fields>> = {
  ConfigMap: { data: "map[string]string", binaryData: "map[string]string" },
  Lease: {
    spec: {
      holderIdentity: "string",
      leaseDurationSeconds: "int32",
      acquireTime: "string",
      renewTime: "string",
      leaseTransitions: "int32",
      preferredHolder: "string",
      strategy: "string",
    },
  },
};

interface Typed {
  readonly kind: string;
}

const MICRO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/;

/** A Lease's times are of type MicroTime. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
export function timeProblem({
  kind,
  spec,
}: Typed & { readonly spec?: Readonly<Record<string, unknown>> }): string | undefined {
  if (kind !== "Lease") return undefined;
  const wrong = [spec?.["acquireTime"], spec?.["renewTime"]].find(
    (time) => typeof time === "string" && !MICRO_TIME.test(time),
  );
  return wrong === undefined
    ? undefined
    : `parsing time ${JSON.stringify(wrong)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${JSON.stringify(wrong)} as ".000000"`;
}

/** Where an object holds what no Go type of its kind can: its place, and the two types. */
export interface Mismatch {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

export function typesOf({ kind }: Typed): Fields {
  return { metadata: METADATA, ...TYPES[kind] };
}

/** The first value that is of another type; null is of every type. */
export function mismatchIn(value: unknown, type: GoType, path = ""): Mismatch | undefined {
  if (value === null || value === undefined) return undefined;
  const got = jsonType(value);
  if (typeof type === "object") {
    if (!isTree(value)) return { path, expected: "map", got };
    return firstOf(Object.entries(type), ([field, inner]) =>
      mismatchIn(value[field], inner, `${path}.${field}`),
    );
  }
  if (type === "map[string]string") {
    if (!isTree(value)) return { path, expected: type, got };
    return firstOf(Object.entries(value), ([key, inner]) =>
      mismatchIn(inner, "string", `${path}.${key}`),
    );
  }
  return got === (type === "string" ? "string" : "number")
    ? undefined
    : { path, expected: type, got };
}

/**
 * As it is written again: nulls and empty maps of such fields are left out, a null in a map of texts is an empty text, and
 * a whole that is not there is an empty one.
 */
export function decodedAs(value: Tree, types: Fields): Tree {
  const whole = Object.entries(types).filter(([, type]) => typeof type === "object");
  const missing = whole.filter(([field]) => (value[field] ?? null) === null);
  return {
    ...decodedFields(value, types),
    ...Object.fromEntries(missing.map(([field]) => [field, {}])),
  };
}

function decodedFields(value: Tree, types: Fields): Tree {
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]): [string, unknown][] => {
      const type = Object.hasOwn(types, field) ? types[field] : undefined;
      if (type === undefined) return [[field, inner]];
      if (inner === null) return [];
      if (!isTree(inner)) return [[field, inner]];
      if (typeof type === "object") return [[field, decodedAs(inner, type)]];
      const texts = Object.entries(inner).map(([key, text]) => [key, text ?? ""] as const);
      return texts.length === 0 ? [] : [[field, Object.fromEntries(texts)]];
    }),
  );
}

function firstOf<Each, Found>(
  all: readonly Each[],
  find: (each: Each) => Found | undefined,
): Found | undefined {
  for (const each of all) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}
