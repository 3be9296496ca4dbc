import type { AuditEntry, History, RequestStore } from "#src/ports/store/request-store.ts";

/** So many entries are read at once, and looked through at most: a log may have millions. */
const PAGE = 200;
const MOST = 10_000;

/** @throws RetryableError where the store does not answer. */
export async function readHistory(
  store: Pick<RequestStore, "auditHead" | "auditTrail">,
  requestId: string,
): Promise<History> {
  const { number } = await store.auditHead();
  const found: AuditEntry[] = [];
  const oldest = Math.max(1, number - MOST + 1);
  for (let end = number; end >= oldest; end -= PAGE) {
    const first = Math.max(oldest, end - PAGE + 1);
    const trail = await store.auditTrail(first, end - first + 1);
    found.unshift(
      ...trail.flatMap((each) => (each?.entry.subject === requestId ? [each.entry] : [])),
    );
    if (found.some(({ sequence }) => sequence === 1)) break;
  }
  const entries = found.toSorted((one, other) => one.sequence - other.sequence);
  const [first, last] = [entries[0]?.sequence ?? 1, entries.at(-1)?.sequence ?? 0];
  const known = new Set(entries.map(({ sequence }) => sequence)).size;
  return { entries, isCut: first > 1, missing: Math.max(0, last - first + 1 - known) };
}
