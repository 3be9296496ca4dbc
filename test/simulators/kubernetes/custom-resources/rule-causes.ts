import type { Cause } from "../api-failure.ts";
import { isSameJson, isTree } from "../json-tree.ts";
import { evaluate, toCel } from "./cel.ts";
import { elementBefore } from "./list-elements.ts";
import { fieldSchema, type Rule } from "./schema.ts";
import { join, type Place } from "./schema-causes.ts";

/**
 * Rules that do not hold. One with `oldSelf` is skipped where there is no value before or none after; one without is
 * let past where nothing changed.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
export function ruleCauses(place: Place): readonly Cause[] {
  const rules = place.schema["x-kubernetes-validations"] ?? [];
  const values = valuesOf(place);
  const here = rules.flatMap((rule) => causesOf(rule, place, values));
  return [...here, ...innerPlaces(place).flatMap(ruleCauses)];
}

/** A place's values for all of its rules, each made where the first rule asks for it: its object has dozens. */
interface Values {
  readonly isSame: () => boolean;
  readonly self: () => unknown;
  readonly oldSelf: () => unknown;
}

function valuesOf({ value, old, schema }: Place): Values {
  return {
    isSame: once(() => isSameJson(value, old)),
    self: once(() => toCel(value, schema)),
    oldSelf: once(() => toCel(old, schema)),
  };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function innerPlaces({ value, old, schema, path }: Place): readonly Place[] {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    const isSame = isSameJson(value, old);
    return value.map((inner: unknown, index) => ({
      value: inner,
      old: isSame ? inner : elementBefore(inner, old, schema),
      schema: items,
      path: `${path}[${index}]`,
    }));
  }
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = fieldSchema(schema, name);
    if (known === undefined || inner === undefined) return [];
    const before = isTree(old) ? old[name] : undefined;
    return [{ value: inner, old: before, schema: known, path: join(path, name) }];
  });
}

function causesOf(
  { rule, fieldPath = "", ...more }: Rule,
  { old, schema, path }: Place,
  { isSame, self, oldSelf }: Values,
): readonly Cause[] {
  const shown = JSON.stringify(schema.type ?? "");
  const isTransition = /\boldSelf\b/.test(rule);
  if (isTransition ? old === undefined : isSame()) return [];
  try {
    const context = {
      self: self(),
      ...(isTransition ? { oldSelf: oldSelf() } : {}),
    };
    if (evaluate(rule, context) === true) return [];
  } catch (error) {
    const why = Error.isError(error) ? error.message : String(error);
    const message = `Invalid value: ${shown}: ${why} evaluating rule: ${more.message ?? rule}`;
    return [{ reason: "FieldValueInvalid", message, field: path }];
  }
  const { reason = "FieldValueInvalid", message = `failed rule: ${rule}` } = more;
  const field = join(path, fieldPath.replace(/^\./, ""));
  return [{ reason, message: textOf({ reason, message, shown }), field }];
}

/** Of a duplicate only the kind of value is told. */
function textOf({
  reason,
  message,
  shown,
}: Record<"reason" | "message" | "shown", string>): string {
  switch (reason) {
    case "FieldValueForbidden":
      return `Forbidden: ${message}`;
    case "FieldValueRequired":
      return `Required value: ${message}`;
    case "FieldValueDuplicate":
      return `Duplicate value: ${shown}`;
    default:
      return `Invalid value: ${shown}: ${message}`;
  }
}
