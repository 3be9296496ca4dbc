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

/** The value without the fields that are null, however deep; nulls in lists stay, unless those are meant too. */
export function withoutNulls(value: unknown, meant: { readonly inLists?: true } = {}): unknown {
  if (Array.isArray(value)) {
    const kept = meant.inLists === true ? value.filter((each) => each !== null) : value;
    return kept.map((each) => withoutNulls(each, meant));
  }
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]): [string, unknown][] =>
      inner === null ? [] : [[field, withoutNulls(inner, meant)]],
    ),
  );
}

/**
 * Whether two values are the same JSON, in whatever order their fields are. Unlike `isDeepStrictEqual` it looks at no
 * prototypes: what `structuredClone` answers in a test runner's context has others than what was parsed there.
 */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return (
      one.length === other.length && one.every((each, index) => isSameJson(each, other[index]))
    );
  }
  if (!isTree(one) || !isTree(other)) return one === other;
  const fields = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...fields].every((field) => isSameJson(one[field], other[field]));
}
