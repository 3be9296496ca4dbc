import type { Json } from "../wire.ts";

export function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

export function objectsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map((each) => objectOf(each)) : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
