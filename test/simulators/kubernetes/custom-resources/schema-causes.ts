import type { Cause } from "../api-failure.ts";
import { isSameJson, isTree, type Tree } from "../json-tree.ts";
import { elementBefore, keyOf } from "./list-elements.ts";
import { fieldSchema, type Schema } from "./schema.ts";

/** A value with the one it takes the place of, undefined where it takes none's. */
export interface Place {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: Schema;
  readonly path: string;
}

/**
 * Breaches of a schema; what did not change is let past.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */
export function schemaCauses(place: Place): readonly Cause[] {
  const { value, old } = place;
  if (old !== undefined && isSameJson(value, old)) return [];
  if (isTree(value) && place.schema.type === "object") return objectCauses(value, place);
  if (Array.isArray(value) && place.schema.type === "array") return listCauses(value, place);
  return scalarCauses(place);
}

function scalarCauses({ value, schema, path }: Place): readonly Cause[] {
  switch (schema.type) {
    case "object":
    case "array":
      return [wrongType(path, schema.type)];
    case "string":
      // Of a text with a format the API server checks no type where it is given a list: only rules notice.
      // https://github.com/kubernetes/kube-openapi/blob/master/pkg/validation/validate/type.go
      if (schema.format !== undefined && Array.isArray(value)) return [];
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

function objectCauses(value: Tree, { old, schema, path }: Place): readonly Cause[] {
  const { required = [], maxProperties = Infinity } = schema;
  const missing = required.filter((name) => value[name] === undefined);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return [
    ...missing.map((name) => ({
      reason: "FieldValueRequired",
      message: "Required value",
      field: join(path, name),
    })),
    ...(entries.length > maxProperties ? [tooMany(path, entries.length, maxProperties)] : []),
    ...entries.flatMap(([name, inner]) => {
      const known = fieldSchema(schema, name);
      if (known === undefined) return [];
      const before = isTree(old) ? old[name] : undefined;
      return schemaCauses({ value: inner, old: before, schema: known, path: join(path, name) });
    }),
  ];
}

function listCauses(value: readonly unknown[], { old, schema, path }: Place): readonly Cause[] {
  const { items, minItems = 0, maxItems = Infinity } = schema;
  const keys = value.map((inner) => keyOf(inner, schema));
  return [
    ...(value.length > maxItems ? [tooMany(path, value.length, maxItems)] : []),
    ...(value.length < minItems
      ? [invalid(path, value.length, `should have at least ${minItems} items`)]
      : []),
    ...keys.flatMap((key, index) =>
      key !== undefined && keys.indexOf(key) < index
        ? [
            {
              reason: "FieldValueDuplicate",
              message: `Duplicate value: ${key}`,
              field: `${path}[${index}]`,
            },
          ]
        : [],
    ),
    ...(items === undefined
      ? []
      : value.flatMap((inner, index) =>
          schemaCauses({
            value: inner,
            old: elementBefore(inner, old, schema),
            schema: items,
            path: `${path}[${index}]`,
          }),
        )),
  ];
}

/**
 * Also in lower case, and with any character before a fraction.
 * https://github.com/kubernetes/kube-openapi/blob/master/pkg/validation/strfmt/time.go
 */
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

function isDateTime(text: string): boolean {
  const [, day = ""] = DATE_TIME.exec(text) ?? [];
  return day !== "" && !Number.isNaN(Date.parse(day));
}

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
    ...(format === "date-time" && !isDateTime(value)
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

export function join(path: string, name: string): string {
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

function tooMany(field: string, count: number, most: number): Cause {
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
