export interface Waited {
  /** Since when each is seen to wait. Epoch ms. */
  readonly since: Readonly<Record<string, number>>;
  /** Those that have waited as long as anybody should: each once in that time. */
  readonly late: readonly string[];
}

/** What is still waited for, looked at again: `before` is what the last look found. Pure. */
export function waited(
  ids: readonly string[],
  before: Waited["since"],
  { now, patienceMs }: { readonly now: number; readonly patienceMs: number },
): Waited {
  // Not by name from the object itself, which has a `toString`: an id may be anything.
  const known = new Map(Object.entries(before));
  const late = ids.filter((id) => now - (known.get(id) ?? now) >= patienceMs);
  const again = new Set(late);
  const since = ids.map((id) => [id, again.has(id) ? now : (known.get(id) ?? now)] as const);
  return { late, since: Object.fromEntries(since) };
}
