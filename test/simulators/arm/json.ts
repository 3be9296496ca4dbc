/** A JSON object as sent over the wire; only what a function names of it is looked at. */
export type Json = Record<string, unknown>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at a path of keys; `{}`, attached to nothing, where there is none. */
export function objectAt(value: unknown, ...path: readonly string[]): Json {
  let at = value;
  for (const key of path) at = isJson(at) ? at[key] : undefined;
  return isJson(at) ? at : {};
}

/** The objects of the array under the last key of a path; [] where there is none. */
export function objectsAt(value: unknown, ...path: readonly string[]): Json[] {
  const list = objectAt(value, ...path.slice(0, -1))[path.at(-1) ?? ""];
  return Array.isArray(list) ? list.filter(isJson) : [];
}

/** `base` with `over` laid on it: objects recursively, everything else replaced. */
export function overlay(base: Json, over: Json): Json {
  const merged: Json = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = base[key];
    merged[key] = isJson(old) && isJson(value) ? overlay(old, value) : value;
  }
  return merged;
}

/** The properties named, of those that are there. */
export function pick(from: Json, ...keys: readonly string[]): Json {
  return Object.fromEntries(
    keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]),
  );
}

export function omit(from: Json, ...keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));
}

/** Azure compares names and resource ids without regard to case. */
export function same(left: unknown, right: unknown): boolean {
  return (
    typeof left === "string" &&
    typeof right === "string" &&
    left.toLowerCase() === right.toLowerCase()
  );
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
