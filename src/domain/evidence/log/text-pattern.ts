import type { FieldTexts, LineField } from "./access-log.ts";
import { type Operator, operatorOf } from "./log-operators.ts";

/** Reads texts that one format string wrote. */
export interface TextPattern {
  readonly fields: readonly LineField[];
  /** undefined for a text that the format cannot have written. */
  readonly read: (text: string) => FieldTexts | undefined;
}

type Part = string | Operator;

const OPERATOR = /%%|%(?<name>[A-Z0-9_]+)(?:\((?<argument>[^)]*)\))?(?::\d+)?%/gu;

/**
 * Makes a pattern of a format string. Envoy escapes nothing in a TEXT line, and some values are a client's: those hold no
 * quote, and outside quotes no space and no character that ends a field. So a client that writes one of these into its
 * path or User-Agent makes the line unreadable, and never writes the fields after it. `isWholeValue`: the text stands
 * alone, as between quotes.
 */
export function textPattern(
  format: string,
  { isWholeValue = false }: { readonly isWholeValue?: boolean } = {},
): TextPattern {
  const parts = partsOf(format.trim());
  const ends = fieldEnds(parts);
  const fields: LineField[] = [];
  let isQuoted = isWholeValue;
  const source = parts.map((part) => {
    if (typeof part === "string") {
      if ((part.split('"').length - 1) % 2 === 1) isQuoted = !isQuoted;
      return escaped(part);
    }
    const values = valuesOf(part, { isQuoted, ends });
    if (part.field === undefined || fields.includes(part.field)) return `(?:${values})`;
    fields.push(part.field);
    return `(?<${part.field}>${values})`;
  });
  const pattern = new RegExp(`^${source.join("")}$`, "u");
  return { fields, read: (text) => pattern.exec(text.trimEnd())?.groups };
}

/** Literals and operators in turn; `%%` is a percent sign. */
function partsOf(format: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = "";
  let read = 0;
  for (const match of format.matchAll(OPERATOR)) {
    literal += format.slice(read, match.index);
    read = match.index + match[0].length;
    const name = match.groups?.["name"];
    if (name === undefined) {
      literal += "%";
      continue;
    }
    parts.push(literal, operatorOf(name, match.groups?.["argument"]));
    literal = "";
  }
  return [...parts, literal + format.slice(read)];
}

/** The characters that end a field somewhere in the format; words and numbers hardly do. */
function fieldEnds(parts: readonly Part[]): string {
  const ends = parts.flatMap((part, index) =>
    typeof part === "string" && index > 0 ? [part.charAt(0)] : [],
  );
  return [...new Set(ends)].filter((end) => /[^\w\s"]/u.test(end)).join("");
}

function valuesOf(
  { value }: Operator,
  { isQuoted, ends }: { readonly isQuoted: boolean; readonly ends: string },
): string {
  switch (value) {
    case "number":
      return String.raw`\d+|-`;
    case "name":
      return String.raw`[^\s"${inClass(isQuoted ? "" : ends)}]+`;
    case "word":
      return String.raw`[^\s"]+`;
    case "words":
      return '[^"]*?';
    case "free":
      return isQuoted ? '[^"]*' : String.raw`[^\s"${inClass(ends)}]*`;
    default:
      return value satisfies never;
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
}

function inClass(characters: string): string {
  return escaped(characters).replaceAll("-", String.raw`\-`);
}
