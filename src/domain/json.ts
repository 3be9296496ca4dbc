/** Any JSON object. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** What a text says as JSON; undefined where it is none. Never throws. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Empty for what is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A value for a merge patch that puts `to` in the place of `from`: the keys that `to` lacks are null, since a patch keeps
 * what it does not name; a list is replaced whole. https://www.rfc-editor.org/rfc/rfc7386
 */
export function mergePatchTo(from: unknown, to: unknown): unknown {
  if (!isRecord(from) || !isRecord(to)) return to;
  const gone = Object.keys(from).filter((key) => !(key in to));
  return Object.fromEntries([
    ...gone.map((key) => [key, null]),
    ...Object.entries(to).map(([key, value]) => [key, mergePatchTo(from[key], value)]),
  ]);
}
