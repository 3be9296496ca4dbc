import { digest } from "#src/domain/canonical.ts";
import type { RequestEvent } from "#src/domain/request/lifecycle.ts";
import { markAmong } from "#src/domain/request/record-mark.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Verifier } from "#src/ports/keys.ts";
import type { RequestStore, StoredAuditEntry } from "#src/ports/request-store.ts";

/**
 * What the signed audit log says was written, version by version. A record can carry good signatures and still be
 * wrong: an older one put back has them all, and lacks only the end that came later.
 */
export interface WrittenRecords {
  /** Reads the log on to its end. Gives the number of its last entry, to be passed on to `problemOf`. */
  catchUp(): Promise<number>;
  /**
   * Why a record is not what was last written, if so. It was read after `before`, the answer of one `catchUp`, and
   * before another one: between the two it may well have been written again.
   */
  problemOf(record: RequestRecord, before: number): string | undefined;
  /**
   * Number of the first entry read that is unreadable or not signed by us: what it said, nobody knows. Or of the first
   * one about a cluster that does not follow the one before it there: an old one repeated, or one taken away.
   */
  brokenAt(): number | undefined;
  /** Ids of all requests written up to `before`, each with the namespace it was asked for ("" where not known). */
  writtenBefore(before: number): ReadonlyMap<string, string>;
  /** Whether people froze the cluster, and lifted that not since, as far as the log was read. */
  isFrozen(cluster: string): boolean;
}

interface Written {
  readonly number: number;
  readonly version: number;
  readonly digest: string;
  /** Whether it was made from what was written before it, and not from what somebody had put in its place. */
  readonly sound: boolean;
}

interface Subject {
  namespace: string;
  readonly written: Written[];
}

interface ClusterChain {
  /** Digest of its last entry, as the next one names it. */
  readonly head: string;
  readonly frozen: boolean;
}

const NO_CHAIN: ClusterChain = { head: "", frozen: false };

const PAGE = 500;

/** One for a process: the log is read once, and from then on only what is new. `verifier`: all record keys. */
export function createWrittenRecords(
  store: Pick<RequestStore, "auditTrail">,
  verifier: Verifier,
): WrittenRecords {
  const subjects = new Map<string, Subject>();
  const clusters = new Map<string, ClusterChain>();
  /** The last entry read: another one under its number means another log. */
  let last = { number: 0, digest: "" };
  let broken: number | undefined;
  let reading = Promise.resolve();

  async function readOn(): Promise<void> {
    if (last.number > 0 && digestOf((await store.auditTrail(last.number, 1))[0]) !== last.digest) {
      subjects.clear();
      clusters.clear();
      last = { number: 0, digest: "" };
      broken = undefined;
    }
    for (;;) {
      const page = await store.auditTrail(last.number + 1, PAGE);
      for (const stored of page) {
        last = { number: last.number + 1, digest: digestOf(stored) };
        if (stored === undefined || !verifier.verify("audit", stored.entry)) broken ??= last.number;
        else if (!followOn(clusters, stored)) broken ??= last.number;
        else take(subjects, last.number, stored);
      }
      if (page.length < PAGE) return;
    }
  }

  return {
    async catchUp() {
      // One reader at a time; what a failed one did not reach, the next one reads.
      const turn = reading.then(readOn);
      reading = turn.catch(() => undefined);
      await turn;
      return last.number;
    },
    problemOf(record, before) {
      const written = subjects.get(record.id)?.written ?? [];
      const same = written.filter(({ version }) => version === record.version);
      if (same.length === 0) return `version ${record.version} was never written`;
      const mark = same.find((each) => each.digest === digest(record));
      if (mark === undefined) return `it was changed after version ${record.version} was written`;
      if (!mark.sound)
        return `version ${record.version} was made from a record that was changed past Sallyport`;
      const newest = Math.max(
        ...written.filter(({ number }) => number <= before).map(({ version }) => version),
      );
      return newest > record.version
        ? `version ${record.version} is stored, but version ${newest} was written since`
        : undefined;
    },
    brokenAt: () => broken,
    isFrozen: (cluster) => clusters.get(subjectOf(cluster))?.frozen ?? false,
    writtenBefore(before) {
      return new Map(
        [...subjects]
          .filter(([, { written }]) => written.some(({ number }) => number <= before))
          .map(([id, { namespace }]) => [id, namespace]),
      );
    },
  };
}

function digestOf(stored: StoredAuditEntry | undefined): string {
  return stored === undefined ? "" : digest(stored);
}

/** Takes what an entry says of a cluster; false where it is not the next one of its chain. */
function followOn(clusters: Map<string, ClusterChain>, { entry }: StoredAuditEntry): boolean {
  const { subject, previous, event } = entry.payload;
  if (!subject.startsWith(subjectOf(""))) return true;
  const before = clusters.get(subject) ?? NO_CHAIN;
  if (previous !== before.head) return false;
  const frozen = event === "frozen" || (before.frozen && event !== "unfrozen");
  clusters.set(subject, { head: digest(entry), frozen });
  return true;
}

function subjectOf(cluster: string): string {
  return `cluster:${cluster}`;
}

function take(subjects: Map<string, Subject>, number: number, { entry }: StoredAuditEntry): void {
  const { subject, event, details } = entry.payload;
  const mark = markAmong(details);
  if (mark === undefined) return;
  const { version, digest: of, replaced } = mark;
  const known = subjects.get(subject) ?? { namespace: "", written: [] };
  const scope = details["scope"];
  if (event === "asked" && isObject(scope) && typeof scope["namespace"] === "string")
    known.namespace = scope["namespace"];
  const sound =
    version === 1 ||
    STARTS_ANEW.includes(event) ||
    known.written.some(
      (before) => before.version === version - 1 && before.digest === replaced && before.sound,
    );
  known.written.push({ number, version, digest: of, sound });
  subjects.set(subject, known);
}

/** Back to where people decide, on a plan made anew: whatever the record was made from, nothing of it is in force. */
const STARTS_ANEW: readonly string[] = ["drifted" satisfies RequestEvent];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
