/** JSON's texts and lists of texts are CEL's. https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values */
export function toCel(value: string | readonly string[]): string {
  return typeof value === "string" ? JSON.stringify(value) : `[${value.map(toCel).join(", ")}]`;
}
