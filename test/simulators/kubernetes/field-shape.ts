import { isTree } from "./json-tree.ts";

/** The fields an object may have, "any" below which everything goes; "*" stands for the keys of a map. Lists are transparent. */
export type Shape = "any" | { readonly [field: string]: Shape };

/** Names separated by spaces, each with any content. */
export function fields(names: string): { readonly [field: string]: Shape } {
  return Object.fromEntries(names.split(" ").map((name) => [name, "any" as const]));
}

/** Paths of fields the shape does not know, as the API server writes them: `spec.ports[0].nmae`. */
export function unknownFields(value: unknown, shape: Shape, path = ""): readonly string[] {
  if (shape === "any") return [];
  if (Array.isArray(value)) {
    return value.flatMap((element, index) => unknownFields(element, shape, `${path}[${index}]`));
  }
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const place = path === "" ? field : `${path}.${field}`;
    const known = shape[field] ?? shape["*"];
    return known === undefined ? [place] : unknownFields(inner, known, place);
  });
}

/** What is left when unknown fields are pruned, as happens without strict validation. */
export function pruned(value: unknown, shape: Shape): unknown {
  if (shape === "any") return value;
  if (Array.isArray(value)) return value.map((element) => pruned(element, shape));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, inner]) => {
      const known = shape[field] ?? shape["*"];
      return known === undefined ? [] : [[field, pruned(inner, known)]];
    }),
  );
}
