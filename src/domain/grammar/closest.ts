/** The known word nearest to what was typed, if it is near enough to be meant: for "did you mean". */
export function closest(typed: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of known) {
    const distance = editDistance(typed.toLowerCase(), word.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance))
      best = { word, distance };
  }
  return best?.word;
}

/** Levenshtein: insertions, deletions and substitutions. */
function editDistance(one: string, other: string): number {
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(one).entries()) {
    const current = [row + 1];
    for (const [column, against] of Array.from(other).entries()) {
      const substituted = (last[column] ?? 0) + (letter === against ? 0 : 1);
      const inserted = (current[column] ?? 0) + 1;
      const deleted = (last[column + 1] ?? 0) + 1;
      current.push(Math.min(substituted, inserted, deleted));
    }
    last = current;
  }
  return last[other.length] ?? 0;
}
