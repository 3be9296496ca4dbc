import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { Trust } from "#src/domain/request/signed/signature.ts";
import { auditTexts, isSignedByUs, type ListedEntry, parseEntry } from "./audit-log.ts";
import type { RedisConnection } from "../connection.ts";
import { isOverwritten } from "#src/ports/errors.ts";

export interface AuditReport {
  /** How many entries were read. */
  readonly entries: number;
  /** Of the last entry that could be read; `number` 0 where there is none. */
  readonly newest: { readonly number: number; readonly digest: string };
  /** The requests the log speaks of. */
  readonly subjects: ReadonlySet<string>;
  /** One sentence each; none = every entry is signed, in its place, and follows the one before it. */
  readonly problems: readonly string[];
}

const PAGE = 500;

interface Chain {
  readonly sequence: number;
  readonly digest: string;
}

interface Walk {
  number: number;
  newest: AuditReport["newest"];
  readonly chains: Map<string, Chain>;
  readonly problems: string[];
}

/**
 * Reads the whole audit log and checks the global numbers, every signature, and each subject's chain. Not seen from here:
 * the newest entries cut off, or all entries of a subject taken out and the others given new numbers. For that each
 * cluster keeps the newest number and digest its lane has seen.
 */
export async function verifyAudit(redis: RedisConnection, trust: Trust): Promise<AuditReport> {
  const walk: Walk = {
    number: 0,
    newest: { number: 0, digest: "" },
    chains: new Map(),
    problems: [],
  };
  let entries = 0;
  for (;;) {
    const page = await auditTexts(redis, entries, entries + PAGE - 1);
    for (const text of page) checkText(walk, trust, text);
    entries += page.length;
    if (page.length === 0) break;
  }
  const subjects = new Set(walk.chains.keys());
  return { entries, newest: walk.newest, subjects, problems: walk.problems };
}

function checkText(walk: Walk, trust: Trust, text: string): void {
  const listed = readable(trust, text);
  if (listed === undefined) {
    walk.number += 1;
    walk.problems.push(`entry ${walk.number} is not readable`);
    return;
  }
  const { number, entry, envelope } = listed;
  const name = `entry ${number} (${entry.subject})`;
  if (number > walk.number + 1)
    walk.problems.push(`${missing(walk.number + 1, number - 1)}: ${name} follows ${walk.number}`);
  if (number <= walk.number)
    walk.problems.push(`${name}: it follows entry ${walk.number}, so its number is wrong`);
  walk.number = Math.max(number, walk.number + 1);
  if (!isSignedByUs(trust, listed)) {
    // What is not ours is no part of a chain: the next genuine entry shows whether one is missing.
    walk.problems.push(`${name}: the signature is neither the bot's nor the worker's`);
    return;
  }
  follow(walk, name, listed);
  walk.newest = { number, digest: envelopeDigest(envelope) };
}

function missing(first: number, last: number): string {
  return first === last ? `entry ${first} is missing` : `entries ${first} to ${last} are missing`;
}

const NO_ENTRY: Chain = { sequence: 0, digest: "" };

function follow(walk: Walk, name: string, { entry, envelope }: ListedEntry): void {
  const { subject, sequence, previous } = entry;
  const before = walk.chains.get(subject) ?? NO_ENTRY;
  if (sequence !== before.sequence + 1 || previous !== before.digest)
    walk.problems.push(`${name}: it does not follow the entry before it in its chain`);
  walk.chains.set(subject, { sequence, digest: envelopeDigest(envelope) });
}

function readable(trust: Trust, text: string): ListedEntry | undefined {
  try {
    return parseEntry({ trust }, text);
  } catch (error) {
    if (isOverwritten(error)) return undefined;
    throw error;
  }
}
