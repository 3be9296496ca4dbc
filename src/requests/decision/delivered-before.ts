import type { RequestStore } from "#src/ports/store/request-store.ts";

/** Entries are read so many at a time. */
const PAGE = 100;
/** Clocks of two machines may differ by so much. */
const CLOCK_SKEW_MS = 600_000;

/**
 * The audit subjects this delivery has changed already, by the log's `delivery` detail. What a person wrote is carried
 * out once: also where the process ended before it was done, or somebody put the delivery back into the store. Read
 * from the newest entry to where the delivery was received: what has just come in costs one page.
 */
export async function changedBefore(
  store: Pick<RequestStore, "auditHead" | "auditTrail">,
  { id, receivedAt }: { readonly id: string; readonly receivedAt: number },
): Promise<ReadonlySet<string>> {
  const subjects = new Set<string>();
  const { number: newest } = await store.auditHead();
  for (let last = newest; last > 0; last -= PAGE) {
    const from = Math.max(last - PAGE + 1, 1);
    const page = await store.auditTrail(from, last - from + 1);
    // Numbers are not signed: one beyond counting must not keep us looking.
    if (page.length === 0) break;
    const entries = page.flatMap((stored) => (stored === undefined ? [] : [stored.entry]));
    for (const { subject, details } of entries)
      if (details["delivery"] === id) subjects.add(subject);
    if (entries.some(({ at }) => at < receivedAt - CLOCK_SKEW_MS)) break;
  }
  return subjects;
}
