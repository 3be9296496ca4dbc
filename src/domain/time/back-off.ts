const FIRST_DELAY_MS = 500;

/**
 * Milliseconds to wait after so many failures in a row (1 or more): what the other side asked for, else 0.5 s doubled
 * each time up to `longestMs`; of either, up to a quarter more by chance, so that many do not come back at once.
 * `random` is in [0, 1).
 */
export function backOffMs(
  failures: number,
  {
    askedMs,
    longestMs,
    random,
  }: { readonly askedMs?: number | undefined; readonly longestMs: number; readonly random: number },
): number {
  const doubled = FIRST_DELAY_MS * 2 ** Math.min(Math.max(failures - 1, 0), 20);
  return Math.round((askedMs ?? Math.min(doubled, longestMs)) * (1 + random / 4));
}
