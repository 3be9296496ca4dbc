/** The first of them, and how many more there are: for sentences that must not grow without end. */
export function someOf(lines: readonly string[], most: number): string {
  const more = lines.length - most;
  return `${lines.slice(0, most).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
