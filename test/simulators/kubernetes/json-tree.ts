/** A JSON object of unknown content. */
export type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty one. */
export function treeOf(value: unknown): Tree {
  return isTree(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The object's elements that are objects. */
export function treesOf(value: unknown): readonly Tree[] {
  return listOf(value).filter(isTree);
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((each) => typeof each === "string");
}

/** A value as it reads in a message: text as it is, anything else as JSON, nothing as "". */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value);
}
