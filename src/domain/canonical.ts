import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { isRecord, type JsonRecord } from "./json.ts";

/** RFC 8785 (JSON Canonicalization Scheme): one text for one value, whatever the order of its keys. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("canonical JSON of a value JSON cannot hold");
  return text;
}

/** SHA-256 of the canonical JSON, in hex. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** Equality of two JSON values, whatever the order of their keys; a key without a value is as good as absent. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((each, at) => sameJson(each ?? null, other[at] ?? null))
    );
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = definedKeys(one);
  return (
    keys.length === definedKeys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key], other[key]))
  );
}

function definedKeys(value: JsonRecord): readonly string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}
