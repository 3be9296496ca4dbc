import { z } from "zod";
import { Envelope, envelopeDigest } from "#src/domain/request/envelope.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Trust } from "#src/domain/request/signature.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type {
  AuditDraft,
  RecordChange,
  RequestStore,
  StoredAuditEntry,
  WriteResult,
} from "#src/ports/request-store.ts";
import { createAuditChain, type AuditChain } from "./audit-chain.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { endsAndOrders } from "./ends-and-orders.ts";
import { listRequests } from "./list-requests.ts";
import { Entry, Request, toStored } from "./schema.ts";
import { overwritten, parseText, seal, unseal } from "./sealed.ts";
import type { RequestIndex, ScriptAnswer, Write } from "./write-script.ts";

export interface RequestStoreParts {
  readonly redis: RedisConnection;
  /** Signs records and audit entries: the record key of this process. */
  readonly signer: Signer;
  readonly trust: Trust;
  readonly clock: Clock;
  /** Told of every request, and every key, that is not what one of us wrote. */
  readonly onUnreadable: (id: string, error: unknown) => void;
}

/** Bot and worker write requests and the log. */
const WRITERS = ["worker", "bot"] as const;

export function createRequestStore(parts: RequestStoreParts): RequestStore {
  const { redis, onUnreadable } = parts;
  const chain = telling(createAuditChain(parts), onUnreadable);

  return {
    get: (id) => readRequest(parts, id),

    create: (record, sourceId, audit) => createRequest(parts, chain, { record, sourceId, audit }),

    async bySource(sourceId) {
      const id = await asking("reading the source of a request", () =>
        redis.client.get(redis.keys.source(sourceId)),
      );
      return id === null ? undefined : readRequest(parts, id);
    },

    update: (read, change) => updateRequest(parts, chain, { read, change }),

    async restore(draft, audit) {
      const record: RequestRecord = { ...draft, version: 1 };
      const write = { kind: "restore", ...bodyOf(parts, record) } as const;
      mustBeWritten(record.id, await chain.append(record.id, audit, write));
      return record;
    },

    list: (where) =>
      listRequests(
        { redis, onUnreadable, read: (id, text) => parseRequest(parts, id, text) },
        where,
      ),

    ...endsAndOrders(redis, chain, onUnreadable),

    async audit(subject, draft) {
      mustBeWritten(subject, await chain.append(subject, draft, { kind: "audit" }));
    },

    async auditHead() {
      const [last] = await asking("reading the end of the audit log", () =>
        redis.client.lrange(redis.keys.auditEntries, -1, -1),
      );
      const entry = last === undefined ? undefined : readableEntry(parts, last);
      if (entry === undefined) return { number: 0, digest: "" };
      return { number: entry.number, digest: envelopeDigest(entry.envelope) };
    },

    async auditTrail(from, limit) {
      const first = Math.max(from, 1) - 1;
      const texts = await asking("reading the audit log", () =>
        redis.client.lrange(redis.keys.auditEntries, first, first + limit - 1),
      );
      return texts.map((text) => readableEntry(parts, text));
    },
  };
}

/** A key that had to be set aside is told, and the write went through. */
function telling(chain: AuditChain, onUnreadable: RequestStoreParts["onUnreadable"]): AuditChain {
  return {
    async append(subject, draft, write) {
      const answer = await chain.append(subject, draft, write);
      if (answer.answer === "written")
        for (const key of answer.setAside) onUnreadable(key, overwritten(key, "another type"));
      return answer;
    },
  };
}

function requestName(id: string): string {
  return `request:${id}`;
}

async function readRequest(
  parts: RequestStoreParts,
  id: string,
): Promise<RequestRecord | undefined> {
  const { client, keys } = parts.redis;
  const text = await asking(`reading request ${id}`, () => client.get(keys.request(id)));
  return text === null ? undefined : parseRequest(parts, id, text);
}

/** The part the script compares, and nobody believes. */
const Outer = z.object({
  version: z.number(),
  index: z.object({ cluster: z.string(), team: z.string(), state: z.string() }),
  record: z.unknown(),
});

function parseRequest(
  { trust, clock }: RequestStoreParts,
  id: string,
  text: string,
): RequestRecord {
  const name = requestName(id);
  const outer = Outer.safeParse(parseText(name, text));
  if (!outer.success) throw overwritten(name, outer.error);
  const raw = outer.data.record;
  const record = unseal({ trust, clock, roles: WRITERS }, { name, raw, schema: Request });
  const { cluster, team, state } = outer.data.index;
  const same =
    record.id === id &&
    record.version === outer.data.version &&
    record.state === state &&
    record.asked.cluster === cluster &&
    record.asked.team === team;
  if (!same) throw overwritten(name, "what is signed and what stands beside it differ");
  return record;
}

function readableEntry(
  { trust, clock }: RequestStoreParts,
  text: string,
): StoredAuditEntry | undefined {
  try {
    const stored = StoredEntry.safeParse(parseText("an audit entry", text)).data;
    if (stored === undefined) return undefined;
    const { entry: envelope } = stored;
    const name = nameIn(envelope);
    const entry = unseal({ trust, clock, roles: WRITERS }, { name, raw: envelope, schema: Entry });
    return name === `audit:${entry.subject}:${entry.sequence}`
      ? { number: stored.number, entry, envelope }
      : undefined;
  } catch (error) {
    if (error instanceof FatalError) return undefined;
    throw error;
  }
}

const StoredEntry = z.object({ number: z.number().int(), entry: Envelope });
const Named = z.object({ name: z.string() });

/** An entry's name is checked against what it says once it is verified. */
function nameIn({ payload }: Envelope): string {
  const said = Named.safeParse(
    parseText("an audit entry", Buffer.from(payload, "base64").toString("utf8")),
  );
  return said.data?.name ?? "";
}

interface Creation {
  readonly record: Omit<RequestRecord, "version">;
  readonly sourceId: string;
  readonly audit: AuditDraft;
}

async function createRequest(
  parts: RequestStoreParts,
  chain: AuditChain,
  { record: asked, sourceId, audit }: Creation,
): Promise<{ readonly record: RequestRecord; readonly existed: boolean }> {
  const record: RequestRecord = { ...asked, version: 1 };
  const write: Write = { kind: "create", sourceId, ...bodyOf(parts, record) };
  const answer = await chain.append(record.id, audit, write);
  if (answer.answer === "existed") {
    const existing = await readRequest(parts, answer.id);
    if (existing !== undefined) return { record: existing, existed: true };
    throw new FatalError("StoreOverwritten", `reading request ${answer.id}: it is gone`);
  }
  if (answer.answer === "taken")
    throw new RetryableError(`creating request ${record.id}: another one has this id`);
  mustBeWritten(record.id, answer);
  return { record, existed: false };
}

async function updateRequest(
  parts: RequestStoreParts,
  chain: AuditChain,
  { read, change }: { readonly read: RequestRecord; readonly change: RecordChange },
): Promise<WriteResult> {
  const record: RequestRecord = { ...read, ...change.patch, version: read.version + 1 };
  const { end } = change;
  const field = end === undefined ? "" : `${record.id}:${envelopeDigest(end).slice(0, 16)}`;
  const answer = await chain.append(record.id, change.audit, {
    kind: "update",
    version: read.version,
    ...bodyOf(parts, record),
    ...(end === undefined ? {} : { end: { field, text: JSON.stringify(end) } }),
  });
  if (answer.answer === "conflict") return { result: "conflict" };
  mustBeWritten(record.id, answer);
  return { result: "written", record };
}

function bodyOf(
  { signer }: RequestStoreParts,
  record: RequestRecord,
): { readonly index: RequestIndex; readonly body: string } {
  const { cluster, team } = record.asked;
  const index = { cluster, team, state: record.state };
  const sealed = seal(signer, requestName(record.id), toStored(record));
  // Put together as texts: what was signed is not encoded a second time.
  const body = `{"version":${record.version},"index":${JSON.stringify(index)},"record":${sealed}}`;
  return { index, body };
}

export function mustBeWritten(subject: string, { answer }: ScriptAnswer): void {
  switch (answer) {
    case "written":
      return;
    case "unreadable":
      throw new FatalError("StoreOverwritten", `writing ${subject}: what is stored is unreadable`);
    case "head":
    case "conflict":
    case "taken":
    case "existed":
      throw new FatalError("StoreOverwritten", `writing ${subject}: unexpected answer ${answer}`);
  }
}
