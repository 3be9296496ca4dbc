import type { Shape } from "../field-shape.ts";
import { isTree } from "../json-tree.ts";

/** A structural schema, as far as ours go. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly nullable?: boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly "x-kubernetes-validations"?: readonly Rule[];
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
}

/** The schema of one field of an object, declared by name or as any entry of a map. */
export function fieldSchema(
  { properties, additionalProperties }: Schema,
  name: string,
): Schema | undefined {
  return properties?.[name] ?? additionalProperties;
}

/** The fields a schema knows; what is beside them is pruned. */
export function shapeOfSchema(schema: Schema): Shape {
  const { type, properties = {}, additionalProperties, items } = schema;
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return "any";
  if (items !== undefined) return shapeOfSchema(items);
  if (type !== "object") return "any";
  if (additionalProperties !== undefined) return { "*": shapeOfSchema(additionalProperties) };
  return Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, shapeOfSchema(inner)]),
  );
}

/** Nulls of fields that may not be null are dropped, silently and before validation. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting-and-nullable */
export function withoutNulls(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((inner) => withoutNulls(inner, schema?.items));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
      const known = schema === undefined ? undefined : fieldSchema(schema, name);
      if (inner === null && known !== undefined && known.nullable !== true) return [];
      return [[name, withoutNulls(inner, known)]];
    }),
  );
}

/** Which lists are merged by key, by path: the others are replaced whole. https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy */
export type ListKeys = Readonly<Record<string, readonly string[]>>;

export function listKeysOf(schema: Schema = {}, path = ""): ListKeys {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (keys !== undefined) return { [path]: keys };
  return Object.assign(
    {},
    ...Object.entries(schema.properties ?? {}).map(([name, inner]) =>
      listKeysOf(inner, path === "" ? name : `${path}.${name}`),
    ),
  ) as ListKeys;
}

/** Every rule of a schema, wherever in it. */
export function rulesIn(schema: Schema): readonly Rule[] {
  const inner = [
    ...Object.values(schema.properties ?? {}),
    schema.additionalProperties ?? {},
    schema.items ?? {},
  ].filter((each) => Object.keys(each).length > 0);
  return [...(schema["x-kubernetes-validations"] ?? []), ...inner.flatMap(rulesIn)];
}
