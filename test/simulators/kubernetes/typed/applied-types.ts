import { ApiFailure, type Cause } from "../api-failure.ts";
import { crdCauses } from "../crd-rules.ts";
import { type ListKeys, listKeysOf, type Schema } from "../custom-resources/schema.ts";
import { schemaCauses as customCauses } from "../custom-resources/schema-causes.ts";
import { unknownFields } from "../field-shape.ts";
import { schemaCauses } from "../istio-schema.ts";
import { isTree, type Tree, withoutNulls } from "../json-tree.ts";
import { shapeOf } from "../known-fields.ts";
import { apiVersionOf, type Resource } from "../resources.ts";
import type { KubernetesObject } from "../stored-object.ts";
import { mismatchIn, timeProblem, typesOf } from "./go-types.ts";
import { keyedLists } from "./members.ts";

/**
 * What is applied is typed before anything else looks at it, whatever `fieldValidation` says, and the API server answers
 * 500 with no reason: https://github.com/kubernetes/kubernetes/issues/139253
 */
export function checkApplied(resource: Resource, object: KubernetesObject): void {
  const { name, namespace = "" } = object.metadata;
  const subject = `(${namespace}/${name}; ${apiVersionOf(resource)}, Kind=${resource.kind})`;
  const problem =
    mismatchProblem(object) ?? listProblem(resource, object) ?? fieldProblem(resource, object);
  if (problem !== undefined)
    throw new ApiFailure(500, "", `failed to create typed patch object ${subject}: ${problem}`);
  const wrongTime = timeProblem(object);
  if (wrongTime !== undefined)
    throw new ApiFailure(
      500,
      "",
      `failed to convert new object ${subject} to proper version: ${wrongTime}`,
    );
}

function mismatchProblem(object: KubernetesObject): string | undefined {
  const found = mismatchIn(object, typesOf(object));
  if (found === undefined) return undefined;
  const expected = found.expected === "map[string]string" ? "map" : found.expected;
  return `${found.path}: expected ${expected}, got ${found.got}`;
}

/** Elements of a list with keys need all of them, and each once. */
function listProblem(resource: Resource, object: KubernetesObject): string | undefined {
  const listKeys: ListKeys = listKeysOf(resource.schema);
  for (const { path, elements, keys } of keyedLists(object, listKeys)) {
    const seen = new Set<string>();
    for (const [index, element] of elements.entries()) {
      const [missing] = keys.filter((key) => !isTree(element) || element[key] === undefined);
      if (missing !== undefined)
        return `.${path}: element ${index}: associative list with keys has an element that omits key field "${missing}" (and doesn't have default value)`;
      const pairs = keys.map((key) => `${key}=${JSON.stringify((element as Tree)[key])}`);
      const text = pairs.join(",");
      if (seen.has(text)) return `.${path}: duplicate entries for key [${text}]`;
      seen.add(text);
    }
  }
  return undefined;
}

function fieldProblem(resource: Resource, object: KubernetesObject): string | undefined {
  const [unknown] = unknownFields(object, shapeOf(resource));
  if (unknown !== undefined) return `.${unknown}: field not declared in schema`;
  const [wrong] = typeCauses(resource, object).filter(
    ({ reason }) => reason === "FieldValueTypeInvalid",
  );
  return wrong && `.${wrong.field}: ${wrong.message}`;
}

/** A null is let past here, and refused once it is merged; so is what stands for a text that has a format. */
function typeCauses({ schema }: Resource, object: KubernetesObject): readonly Cause[] {
  const value = withoutNulls(object, { inLists: true }) as KubernetesObject;
  return schema === undefined
    ? [...schemaCauses(value), ...crdCauses(value)]
    : customCauses({ value, old: undefined, schema: withoutFormats(schema), path: "" });
}

function withoutFormats(schema: Schema): Schema {
  const { type, properties, additionalProperties, items, ...rest } = schema;
  if (type === "string" && rest.format !== undefined) return {};
  const inner = Object.entries(properties ?? {}).map(
    ([name, each]) => [name, withoutFormats(each)] as const,
  );
  return {
    ...rest,
    ...(type === undefined ? {} : { type }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(inner) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: withoutFormats(additionalProperties) }),
    ...(items === undefined ? {} : { items: withoutFormats(items) }),
  };
}

/** Custom resources hold no nulls; what is not applied drops them instead. */
export function nullCauses(value: unknown, path: string): readonly Cause[] {
  if (value === null) {
    const message = `Invalid value: "null": ${path} in body must not be null`;
    return [{ reason: "FieldValueTypeInvalid", message, field: path }];
  }
  if (Array.isArray(value))
    return value.flatMap((inner, index) => nullCauses(inner, `${path}[${index}]`));
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => nullCauses(inner, `${path}.${field}`));
}
