// This file is a schema boundary: a checked value gets the domain's own type here.
/* oxlint-disable typescript/no-unsafe-type-assertion */
import { z } from "zod";
import { Envelope, envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { EpochMs } from "#src/domain/request/shapes.ts";
import {
  decodeStatement,
  openStatement,
  type Trust,
} from "#src/domain/request/signed/signature.ts";
import { isOverwritten, unlessOverwritten } from "#src/ports/errors.ts";
import type { AuditEntry, RequestStore, StoredAuditEntry } from "#src/ports/store/request-store.ts";
import type { RedisConnection } from "../connection.ts";
import { elementsOf } from "../bounded.ts";
import { asking } from "../connection.ts";
import { overwritten, parseText, type Reader } from "../records.ts";

const Entry = z.object({
  subject: z.string(),
  sequence: z.number().int().min(1),
  previous: z.string(),
  at: EpochMs,
  actor: z.string(),
  event: z.string(),
  details: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<AuditEntry>;

const Stored = z.object({ number: z.number().int().min(1), entry: Envelope });

/** Entries are looked at so many at a time for the newest that can be read. */
const PAGE = 50;

/** An entry as it stands in the list, before its signature is verified. */
export interface ListedEntry {
  readonly number: number;
  readonly entry: AuditEntry;
  readonly envelope: Envelope;
}

/** @throws FatalError `StoreOverwritten` where it is no entry; its signature is not verified. */
export function parseEntry({ trust }: Pick<Reader, "trust">, text: string): ListedEntry {
  const stored = Stored.safeParse(parseText("an audit entry", text));
  if (!stored.success) throw overwritten("an audit entry", stored.error);
  const { number, entry: envelope } = stored.data;
  const decoded = decodeStatement(trust, envelope, "record");
  if (!decoded.opened) throw overwritten("an audit entry", new Error(decoded.problem));
  const { name, value } = decoded.statement.payload;
  const entry = Entry.safeParse(value);
  if (!entry.success) throw overwritten("an audit entry", entry.error);
  if (name !== nameOf(entry.data))
    throw overwritten("an audit entry", new Error("it belongs to another place"));
  return { number, entry: value as AuditEntry, envelope };
}

function nameOf({ subject, sequence }: AuditEntry): `audit:${string}` {
  return `audit:${subject}:${sequence}`;
}

/**
 * By the key that was valid when the entry says it was written: a retired key's entries stay the log's. Who has a retired
 * key can date an entry back; then it stands among entries that are younger.
 */
export function isSignedByUs(trust: Trust, { entry, envelope }: ListedEntry): boolean {
  return (["bot", "worker"] as const).some(
    (role) => openStatement(trust, envelope, { kind: "record", at: entry.at, role }).opened,
  );
}

/** An entry of one of us; undefined for anything else. */
function readEntry(reader: Reader, text: string): StoredAuditEntry | undefined {
  try {
    const listed = parseEntry(reader, text);
    return isSignedByUs(reader.trust, listed) ? listed : undefined;
  } catch (error) {
    if (isOverwritten(error)) return undefined;
    throw error;
  }
}

/** Texts of the list from place `first` (0 = oldest) to `last`, both included; "" for one too long to be an entry. */
export async function auditTexts(
  redis: RedisConnection,
  first: number,
  last: number,
): Promise<readonly string[]> {
  const read = { redis, key: redis.keys.auditEntries, doing: "reading the audit log" };
  return unlessNoList([], async () => (await elementsOf(read, first, last)).elements);
}

export function auditLength({ client, keys }: RedisConnection): Promise<number> {
  return unlessNoList(0, () =>
    asking("counting the audit log", () => client.llen(keys.auditEntries)),
  );
}

/** What stands there is no list: the next write sets it aside, and tells. */
async function unlessNoList<Answer>(none: Answer, read: () => Promise<Answer>): Promise<Answer> {
  return unlessOverwritten(read, () => none);
}

interface Newest {
  readonly entry: StoredAuditEntry;
  /** Where it stands in the list; the oldest is at 0. */
  readonly place: number;
}

/** The list only grows at its end, so a place stays right whatever is appended meanwhile. */
async function newestEntry(redis: RedisConnection, reader: Reader): Promise<Newest | undefined> {
  for (let end = (await auditLength(redis)) - 1; end >= 0; end -= PAGE) {
    const first = Math.max(end - PAGE + 1, 0);
    const texts = await auditTexts(redis, first, end);
    for (const [index, text] of [...texts.entries()].toReversed()) {
      const entry = readEntry(reader, text);
      if (entry !== undefined) return { entry, place: first + index };
    }
  }
  return undefined;
}

/** The number in the list is not signed: one that is too low for its place is not believed. */
function numberOf({ entry, place }: Newest): number {
  return Math.max(entry.number, place + 1);
}

export function auditReader(
  redis: RedisConnection,
  reader: Reader,
): Pick<RequestStore, "auditHead" | "auditTrail"> {
  return {
    async auditHead() {
      const newest = await newestEntry(redis, reader);
      if (newest === undefined) return { number: 0, digest: "" };
      return { number: numberOf(newest), digest: envelopeDigest(newest.entry.envelope) };
    },
    async auditTrail(from, limit) {
      const newest = await newestEntry(redis, reader);
      if (newest === undefined) return [];
      // Where numbers are missing, places are counted back from the newest entry.
      const first = from - 1 - (numberOf(newest) - newest.place - 1);
      const last = first + limit - 1;
      if (last < 0) return [];
      const texts = await auditTexts(redis, Math.max(first, 0), last);
      return texts.map((text) => readEntry(reader, text));
    },
  };
}
