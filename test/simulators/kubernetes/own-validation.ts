import { Environment } from "@marcbachmann/cel-js";
import type { Cause } from "./api-failure.ts";
import { isTree } from "./json-tree.ts";
import { ownSchema, type Rule, type Schema } from "./own-crds.ts";
import type { KubernetesObject } from "./stored-object.ts";

/**
 * What the API server finds wrong with an object of ours: its CRD's schema, then the CEL rules, those about a change
 * (`oldSelf`) only where there was a value before.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
export function ownCauses(
  object: KubernetesObject,
  live: KubernetesObject | undefined,
): readonly Cause[] {
  const schema = ownSchema(object.kind);
  if (schema === undefined) return [];
  const wrong = schemaCauses(object, schema, "");
  return wrong.length > 0 ? wrong : ruleCauses({ value: object, old: live, schema, path: "" });
}

function schemaCauses(value: unknown, schema: Schema, path: string): readonly Cause[] {
  switch (schema.type) {
    case "object":
      return isTree(value) ? objectCauses(value, schema, path) : [wrongType(path, "object")];
    case "array":
      return Array.isArray(value) ? listCauses(value, schema, path) : [wrongType(path, "array")];
    case "string":
      return typeof value === "string"
        ? textCauses(value, schema, path)
        : [wrongType(path, "string")];
    case "integer":
      return Number.isInteger(value)
        ? numberCauses(Number(value), schema, path)
        : [wrongType(path, "integer")];
    case "boolean":
      return typeof value === "boolean" ? [] : [wrongType(path, "boolean")];
    case undefined:
      return [];
    default:
      return schema.type satisfies never;
  }
}

function objectCauses(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  path: string,
): readonly Cause[] {
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return [
    ...missing.map((name) => ({
      reason: "FieldValueRequired",
      message: "Required value",
      field: join(path, name),
    })),
    ...(entries.length > (schema.maxProperties ?? Infinity)
      ? [tooMany(path, entries.length, schema.maxProperties)]
      : []),
    ...entries.flatMap(([name, inner]) => {
      const known = schema.properties?.[name] ?? schema.additionalProperties;
      return known === undefined ? [] : schemaCauses(inner, known, join(path, name));
    }),
  ];
}

function listCauses(value: readonly unknown[], schema: Schema, path: string): readonly Cause[] {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  return [
    ...(value.length > maxItems ? [tooMany(path, value.length, maxItems)] : []),
    ...(value.length < minItems
      ? [invalid(path, value.length, `should have at least ${minItems} items`)]
      : []),
    ...(items === undefined
      ? []
      : value.flatMap((inner, index) => schemaCauses(inner, items, `${path}[${index}]`))),
  ];
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function textCauses(value: string, schema: Schema, path: string): readonly Cause[] {
  // Code points, not UTF-16 units.
  const length = Array.from(value).length;
  const { maxLength = Infinity, minLength = 0, pattern, format } = schema;
  return [
    ...(length > maxLength
      ? [
          {
            reason: "FieldValueTooLong",
            message: `Too long: may not be more than ${maxLength} bytes`,
            field: path,
          },
        ]
      : []),
    ...(length < minLength
      ? [invalid(path, value, `should be at least ${minLength} chars long`)]
      : []),
    ...(pattern !== undefined && !new RegExp(pattern, "u").test(value)
      ? [invalid(path, value, `should match '${pattern}'`)]
      : []),
    ...(schema.enum !== undefined && !schema.enum.includes(value)
      ? [
          {
            reason: "FieldValueNotSupported",
            message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${schema.enum.map((each) => JSON.stringify(each)).join(", ")}`,
            field: path,
          },
        ]
      : []),
    ...(format === "date-time" && !(RFC_3339.test(value) && !Number.isNaN(Date.parse(value)))
      ? [invalid(path, value, "must be of type date-time")]
      : []),
  ];
}

function numberCauses(value: number, { minimum, maximum }: Schema, path: string): readonly Cause[] {
  return [
    ...(minimum !== undefined && value < minimum
      ? [invalid(path, value, `should be greater than or equal to ${minimum}`)]
      : []),
    ...(maximum !== undefined && value > maximum
      ? [invalid(path, value, `should be less than or equal to ${maximum}`)]
      : []),
  ];
}

interface Place {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: Schema;
  readonly path: string;
}

function ruleCauses({ value, old, schema, path }: Place): readonly Cause[] {
  const here = (schema["x-kubernetes-validations"] ?? []).flatMap((rule) =>
    isBroken(rule, { value, old, schema, path }) ? [causeOf(rule, value, path)] : [],
  );
  if (Array.isArray(value)) {
    // Elements of an atomic list have no predecessor.
    const { items = {} } = schema;
    return [
      ...here,
      ...value.flatMap((inner: unknown, index) =>
        ruleCauses({ value: inner, old: undefined, schema: items, path: `${path}[${index}]` }),
      ),
    ];
  }
  if (!isTree(value)) return here;
  return [
    ...here,
    ...Object.entries(value).flatMap(([name, inner]) => {
      const known = schema.properties?.[name] ?? schema.additionalProperties;
      if (known === undefined || inner === undefined) return [];
      const before = isTree(old) ? old[name] : undefined;
      return ruleCauses({ value: inner, old: before, schema: known, path: join(path, name) });
    }),
  ];
}

const environment = new Environment({ unlistedVariablesAreDyn: true });
const parsed = new Map<string, ReturnType<typeof environment.parse>>();

function isBroken({ rule }: Rule, { value, old, schema }: Place): boolean {
  const isTransition = /\boldSelf\b/.test(rule);
  if (isTransition && old === undefined) return false;
  const expression = parsed.get(rule) ?? environment.parse(rule);
  parsed.set(rule, expression);
  const context = {
    self: toCel(value, schema),
    ...(isTransition ? { oldSelf: toCel(old, schema) } : {}),
  };
  return expression(context) !== true;
}

/** Integers are int, and a field whose name is a word of CEL's is reached as `__name__`. */
function toCel(value: unknown, schema: Schema): unknown {
  // `map` of an array from another realm makes another such, which the evaluator does not know.
  if (Array.isArray(value))
    return Array.from(value, (inner: unknown) => toCel(inner, schema.items ?? {}));
  if (isTree(value)) {
    const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
      if (inner === undefined) return [];
      const known = schema.properties?.[name] ?? schema.additionalProperties ?? {};
      const converted = toCel(inner, known);
      return name === "namespace" ? [["__namespace__", converted]] : [[name, converted]];
    });
    return Object.fromEntries(entries);
  }
  return typeof value === "number" && schema.type === "integer" ? BigInt(value) : value;
}

function causeOf(rule: Rule, value: unknown, path: string): Cause {
  const shown = isTree(value) ? "object" : Array.isArray(value) ? "array" : String(value);
  const message = rule.message ?? `failed rule: ${rule.rule}`;
  const field = join(path, (rule.fieldPath ?? "").replace(/^\./, ""));
  return rule.reason === "FieldValueForbidden"
    ? { reason: rule.reason, message: `Forbidden: ${message}`, field }
    : {
        reason: rule.reason ?? "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(shown)}: ${message}`,
        field,
      };
}

function join(path: string, name: string): string {
  if (name === "") return path;
  return path === "" ? name : `${path}.${name}`;
}

function wrongType(field: string, type: string): Cause {
  return {
    reason: "FieldValueTypeInvalid",
    message: `Invalid value: ${field} in body must be of type ${type}`,
    field,
  };
}

function tooMany(field: string, count: number, most = 0): Cause {
  return {
    reason: "FieldValueTooMany",
    message: `Too many: ${count}: must have at most ${most} items`,
    field,
  };
}

function invalid(field: string, value: unknown, why: string): Cause {
  return {
    reason: "FieldValueInvalid",
    message: `Invalid value: ${JSON.stringify(value)}: ${field} in body ${why}`,
    field,
  };
}
