import { isTree, listOf } from "../json-tree.ts";
import type { Schema } from "./schema.ts";

/** What tells an element of a set or map list from the others; undefined in an atomic list. */
export function keyOf(element: unknown, schema: Schema): string | undefined {
  if (schema["x-kubernetes-list-type"] === "set") return JSON.stringify(element);
  const keys = schema["x-kubernetes-list-map-keys"];
  if (keys === undefined || !isTree(element)) return undefined;
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, element[key]])));
}

/**
 * The same element of the list before the change; those of an atomic list have none.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#transition-rules
 */
export function elementBefore(element: unknown, list: unknown, schema: Schema): unknown {
  if (schema["x-kubernetes-list-type"] !== "map") return undefined;
  const key = keyOf(element, schema);
  return listOf(list).find((each) => keyOf(each, schema) === key);
}
