import { markOf } from "#src/domain/request/record-mark.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type {
  AuditDraft,
  Freeze,
  RecordChange,
  RequestFilter,
  RequestStore,
  StoredAuditEntry,
  WriteResult,
} from "#src/ports/request-store.ts";
import { createAuditChain, type AuditChain } from "./audit-chain.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { parseAuditEntry, parseFreeze, parseRequest } from "./schema.ts";
import type { RequestIndex, ScriptAnswer } from "./write-script.ts";

export interface RequestStoreParts {
  readonly redis: RedisConnection;
  /** Signs audit entries: the record key of this process. */
  readonly signer: Signer;
  readonly clock: Clock;
  /** Told of every request `list` had to leave out. */
  readonly onUnreadable: (id: string, error: unknown) => void;
}

/** Records are read at so many a time. */
const READ_AT_ONCE = 200;

export function createRequestStore(parts: RequestStoreParts): RequestStore {
  const { redis } = parts;
  const chain = createAuditChain(parts);

  return {
    get: (id) => readRequest(redis, id),

    create: (record, sourceId, audit) => createRequest(redis, chain, { record, sourceId, audit }),

    async bySource(sourceId) {
      const id = await asking("reading the source of a request", () =>
        redis.client.get(redis.keys.source(sourceId)),
      );
      return id === null ? undefined : readRequest(redis, id);
    },

    update: (read, change) => updateRequest(chain, read, change),

    list: (where) => listRequests(parts, where),

    async audit(subject, draft) {
      mustBeWritten(subject, await chain.append(subject, draft, { kind: "audit" }));
    },

    async auditCount() {
      const text = await asking("counting the audit log", () =>
        redis.client.get(redis.keys.auditNumber),
      );
      return text === null ? 0 : Number(text);
    },

    async auditTrail(from, limit) {
      const first = Math.max(from, 1) - 1;
      const texts = await asking("reading the audit log", () =>
        redis.client.lrange(redis.keys.auditEntries, first, first + limit - 1),
      );
      return texts.map((text) => readableEntry(text));
    },

    ...epochAndFreezes(redis, chain),
  };
}

function epochAndFreezes(
  { client, keys }: RedisConnection,
  chain: AuditChain,
): Pick<RequestStore, "epoch" | "ensureEpoch" | "freezes" | "setFreeze" | "clearFreeze"> {
  async function epoch(): Promise<string | undefined> {
    return (await asking("reading the store's epoch", () => client.get(keys.epoch))) ?? undefined;
  }
  return {
    epoch,
    async ensureEpoch(candidate) {
      await asking("setting the store's epoch", () => client.setnx(keys.epoch, candidate));
      return (await epoch()) ?? candidate;
    },
    async freezes() {
      const stored = await asking("reading freezes", () => client.hvals(keys.freezes));
      return stored
        .map((text): Freeze => parseFreeze(text))
        .toSorted((one, other) => one.cluster.localeCompare(other.cluster, "en"));
    },
    async setFreeze(freeze, audit) {
      const subject = `cluster:${freeze.cluster}`;
      const body = JSON.stringify(freeze);
      const write = { kind: "freeze", field: freeze.cluster, body } as const;
      mustBeWritten(subject, await chain.append(subject, audit, write));
    },
    async clearFreeze(cluster, audit) {
      const subject = `cluster:${cluster}`;
      const write = { kind: "unfreeze", field: cluster } as const;
      mustBeWritten(subject, await chain.append(subject, audit, write));
    },
  };
}

async function readRequest(
  { client, keys }: RedisConnection,
  id: string,
): Promise<RequestRecord | undefined> {
  const text = await asking(`reading request ${id}`, () => client.get(keys.request(id)));
  return text === null ? undefined : parseRequest(id, text);
}

function readableEntry(text: string): StoredAuditEntry | undefined {
  try {
    return parseAuditEntry(text);
  } catch (error) {
    if (error instanceof FatalError) return undefined;
    throw error;
  }
}

interface Creation {
  readonly record: Omit<RequestRecord, "version">;
  readonly sourceId: string;
  readonly audit: AuditDraft;
}

async function createRequest(
  redis: RedisConnection,
  chain: AuditChain,
  { record: asked, sourceId, audit }: Creation,
): Promise<{ readonly record: RequestRecord; readonly existed: boolean }> {
  const record: RequestRecord = { ...asked, version: 1 };
  const answer = await chain.append(record.id, audit, {
    kind: "create",
    sourceId,
    index: indexOf(record),
    body: JSON.stringify(record),
    mark: markOf(record, undefined),
  });
  if (answer.answer === "existed") {
    const existing = await readRequest(redis, answer.id);
    if (existing !== undefined) return { record: existing, existed: true };
    throw new FatalError("StoreOverwritten", `reading request ${answer.id}: it is gone`);
  }
  if (answer.answer === "taken") {
    throw new RetryableError(`creating request ${record.id}: another one has this id`);
  }
  mustBeWritten(record.id, answer);
  return { record, existed: false };
}

async function updateRequest(
  chain: AuditChain,
  read: RequestRecord,
  { patch, audit, spend = [] }: RecordChange,
): Promise<WriteResult> {
  const record: RequestRecord = { ...read, ...patch, version: read.version + 1 };
  const answer = await chain.append(record.id, audit, {
    kind: "update",
    version: read.version,
    spend,
    index: indexOf(record),
    body: JSON.stringify(record),
    mark: markOf(record, read),
  });
  if (answer.answer === "conflict") return { result: "conflict" };
  if (answer.answer === "spent") return { result: "spent" };
  mustBeWritten(record.id, answer);
  return { result: "written", record };
}

function indexOf(record: RequestRecord): RequestIndex {
  return { cluster: record.asked.cluster, team: record.asked.team, state: record.state };
}

function mustBeWritten(subject: string, { answer }: ScriptAnswer): void {
  switch (answer) {
    case "written":
      return;
    case "unreadable":
      throw new FatalError("StoreOverwritten", `writing ${subject}: what is stored is unreadable`);
    case "head":
      throw new RetryableError(`writing ${subject}: others write its audit chain all the time`);
    case "conflict":
    case "spent":
    case "taken":
    case "existed":
      throw new FatalError("StoreOverwritten", `writing ${subject}: unexpected answer ${answer}`);
  }
}

/**
 * An index only says where to look: whether a request matches is read from the request itself, so one that moves
 * from one state to another meanwhile is neither missed nor wrongly given.
 */
async function listRequests(
  { redis, onUnreadable }: RequestStoreParts,
  where: RequestFilter,
): Promise<readonly RequestRecord[]> {
  const ids = await indexedIds(redis, where);
  const found: RequestRecord[] = [];
  for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
    const some = ids.slice(start, start + READ_AT_ONCE);
    const texts = await asking("listing requests", () =>
      redis.client.mget(some.map((id) => redis.keys.request(id))),
    );
    for (const [index, id] of some.entries()) {
      try {
        const record = parseRequest(id, texts[index] ?? "");
        if (matches(record, where)) found.push(record);
      } catch (error) {
        onUnreadable(id, error);
      }
    }
  }
  return found;
}

async function indexedIds(
  { client, keys }: RedisConnection,
  where: RequestFilter,
): Promise<readonly string[]> {
  const narrow = [
    ...(where.cluster === undefined ? [] : [`${keys.requests}:cluster:${where.cluster}`]),
    ...(where.team === undefined ? [] : [`${keys.requests}:team:${where.team}`]),
  ];
  const states = (where.states ?? []).map((state) => `${keys.requests}:state:${state}`);
  return asking("listing requests", async () => {
    // One set for each condition; the ids in all of them.
    const common = await client.sinter(narrow.length === 0 ? [keys.requests] : narrow);
    if (where.states === undefined) return common.toSorted();
    const inStates = new Set(states.length === 0 ? [] : await client.sunion(states));
    return common.filter((id) => inStates.has(id)).toSorted();
  });
}

function matches(record: RequestRecord, where: RequestFilter): boolean {
  return (
    (where.cluster === undefined || record.asked.cluster === where.cluster) &&
    (where.team === undefined || record.asked.team === where.team) &&
    (where.states === undefined || where.states.includes(record.state))
  );
}
