import { digest } from "#src/domain/canonical.ts";
import { markAmong, type RecordMark } from "#src/domain/request/record-mark.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Verifier } from "#src/ports/keys.ts";
import type { RequestStore, StoredAuditEntry } from "#src/ports/request-store.ts";
import { AUDIT_STATEMENT } from "./audit-chain.ts";

type AuditedStore = Pick<RequestStore, "auditCount" | "auditTrail" | "get" | "list">;

export interface AuditReport {
  /** How many entries were read. */
  readonly entries: number;
  /** One sentence each; none = the log is whole and every stored request is what was last written. */
  readonly problems: readonly string[];
}

const PAGE = 500;

interface Chain {
  readonly sequence: number;
  readonly hash: string;
  /** The request as last written, where the subject is one. */
  readonly mark: RecordMark | undefined;
}

interface Walk {
  /** Place in the list of the last entry read. */
  position: number;
  number: number;
  readonly chains: Map<string, Chain>;
  readonly problems: string[];
  /** What the entries read last say was written: `id version digest`. */
  readonly written: Set<string>;
}

/**
 * Reads the whole audit log and checks: global numbers without a gap, each subject's chain of hashes, every signature,
 * and that each stored request is byte for byte (as canonical JSON) the one its last entry was written with: so a
 * request that was edited, put back to an older version, removed or smuggled in is found.
 * Not found: the newest entries cut off together with everything they were written with.
 */
export async function verifyAudit(store: AuditedStore, verifier: Verifier): Promise<AuditReport> {
  const walk: Walk = {
    position: 0,
    number: 0,
    chains: new Map(),
    problems: [],
    written: new Set(),
  };
  const listed = await store.list({});
  await walkOn(store, verifier, walk);
  walk.written.clear();
  const problems = [
    ...(await lengthProblems(store, walk)),
    ...(await recordProblems(store, verifier, walk)),
    ...listed
      .filter(({ id }) => walk.chains.get(id)?.mark === undefined)
      .map(({ id }) => `request ${id} is stored, but no entry says that it was written`),
  ];
  return { entries: walk.position, problems: [...walk.problems, ...problems] };
}

async function walkOn(store: AuditedStore, verifier: Verifier, walk: Walk): Promise<void> {
  for (;;) {
    const page = await store.auditTrail(walk.position + 1, PAGE);
    if (page.length === 0) return;
    for (const stored of page) {
      walk.position += 1;
      if (stored === undefined) {
        walk.problems.push(`entry ${walk.number + 1} is not readable`);
        walk.number += 1;
      } else {
        checkEntry(walk, stored, verifier);
      }
    }
  }
}

function checkEntry(walk: Walk, { number, entry }: StoredAuditEntry, verifier: Verifier): void {
  const { subject } = entry.payload;
  const name = `entry ${number} (${subject})`;
  if (number !== walk.number + 1) {
    walk.problems.push(`entry ${walk.number + 1} is missing: ${name} follows ${walk.number}`);
  }
  if (!verifier.verify(AUDIT_STATEMENT, entry)) {
    walk.problems.push(`${name}: the signature is not that of a record key`);
  }
  followUp(walk, name, entry);
  walk.number = number;
}

/** An entry follows the one before it in its chain, and so does the request written with it. */
function followUp(walk: Walk, name: string, entry: StoredAuditEntry["entry"]): void {
  const { subject, sequence, previous, details } = entry.payload;
  const before = walk.chains.get(subject) ?? NO_ENTRY;
  const mark = markAmong(details);
  if (sequence !== before.sequence + 1 || previous !== before.hash) {
    walk.problems.push(`${name}: it does not follow the entry before it in its chain`);
  } else if (mark !== undefined && mark.replaced !== (before.mark?.digest ?? "")) {
    walk.problems.push(`${name}: the request it replaced was changed after it was last written`);
  }
  if (mark !== undefined) walk.written.add(markKey(subject, mark));
  walk.chains.set(subject, { sequence, hash: digest(entry), mark: mark ?? before.mark });
}

const NO_ENTRY: Chain = { sequence: 0, hash: "", mark: undefined };

async function lengthProblems(store: AuditedStore, walk: Walk): Promise<readonly string[]> {
  const given = await store.auditCount();
  if (given <= walk.number) return [];
  // Perhaps written since we reached the end.
  const [newer] = await store.auditTrail(walk.position + 1, 1);
  return newer === undefined
    ? [`entries ${walk.number + 1} to ${given} are missing: numbers up to ${given} were given`]
    : [];
}

function markKey(id: string, { version, digest: of }: Stored): string {
  return `${id} ${version} ${of}`;
}

/**
 * Each request is read after the log: it is what its last entry says, or was written since; then the entry of that
 * write is there now.
 */
async function recordProblems(
  store: AuditedStore,
  verifier: Verifier,
  walk: Walk,
): Promise<readonly string[]> {
  const differing: Difference[] = [];
  for (const [id, { mark }] of walk.chains) {
    const difference = mark === undefined ? undefined : await differenceOf(store, id, mark);
    if (difference !== undefined) differing.push(difference);
  }
  if (differing.length === 0) return [];
  await walkOn(store, verifier, walk);
  return differing
    .filter(({ newer }) => newer === undefined || !walk.written.has(newer))
    .map(({ problem }) => problem);
}

type Stored = Pick<RecordMark, "version" | "digest">;

interface Difference {
  readonly problem: string;
  /** Key of the mark of what is stored, where it claims to be newer than the log read so far. */
  readonly newer?: string;
}

async function differenceOf(
  store: AuditedStore,
  id: string,
  written: RecordMark,
): Promise<Difference | undefined> {
  try {
    const record = await store.get(id);
    if (record === undefined) return { problem: `request ${id} was written, but is not stored` };
    const stored = { version: record.version, digest: digest(record) };
    if (stored.version === written.version && stored.digest === written.digest) return undefined;
    if (stored.version === written.version) {
      return { problem: `request ${id} was changed after version ${written.version} was written` };
    }
    const problem = `request ${id} is stored as version ${stored.version}, but was last written as ${written.version}`;
    return stored.version < written.version ? { problem } : { problem, newer: markKey(id, stored) };
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    return { problem: `request ${id} is not readable` };
  }
}
