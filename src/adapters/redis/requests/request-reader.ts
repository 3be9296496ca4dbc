import { RequestId } from "#src/domain/request/shapes.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import { isOverwritten, unlessUnreadable } from "#src/ports/errors.ts";
import type { RequestFilter } from "#src/ports/store/request-store.ts";
import type { RedisConnection } from "../connection.ts";
import { fieldNamesOf, membersOf, NOTHING_READ } from "../bounded.ts";
import { askingEach } from "../connection.ts";
import { readText } from "../read-text.ts";
import { MAX_TEXT, overwritten, type Reader } from "../records.ts";
import { headOf, HEAD_BYTES, parseRequest, teamOf } from "./stored-request.ts";

export interface RequestReaderParts extends Reader {
  readonly redis: RedisConnection;
  /** Told of everything that had to be left out: a request's id, or the name of an index. */
  readonly onUnreadable: (name: string, error: unknown) => void;
}

/** Records are read at so many a time. */
export const READ_AT_ONCE = 50;

/** Undefined where there is none. @throws FatalError `StoreOverwritten` */
export async function readRequest(
  parts: RequestReaderParts,
  id: string,
): Promise<AnyRequest | undefined> {
  const { redis } = parts;
  const text = await readText(redis, redis.keys.request(id), `reading request ${id}`);
  return text === undefined ? undefined : parseRequest(parts, id, text);
}

/**
 * An index only says where to look, and the head of a text whether to look closer: whether a request matches is read
 * from its signed record.
 */
export async function listRequests(
  parts: RequestReaderParts,
  where: RequestFilter,
): Promise<readonly AnyRequest[]> {
  const found: AnyRequest[] = [];
  for (const ids of inGroups(await idsToRead(parts, where))) {
    const answers = await texts(parts.redis, ids, MAX_TEXT);
    for (const { id, answer } of answers) {
      // An id of a cluster's need not be one of the store's.
      if (where.ids !== undefined && answer === "") continue;
      try {
        const record = parseRequest(parts, id, textOf(id, answer));
        if (matches(record, where)) found.push(record);
      } catch (error) {
        if (!isOverwritten(error)) throw error;
        parts.onUnreadable(id, error);
      }
    }
  }
  return found;
}

/** Those that may match. */
async function idsToRead(
  parts: RequestReaderParts,
  where: RequestFilter,
): Promise<readonly string[]> {
  const ids = where.ids ?? (await knownIds(parts));
  if (where.cluster === undefined && where.team === undefined && where.states === undefined)
    return ids;
  const some: string[] = [];
  for (const group of inGroups(ids))
    for (const { id, answer } of await texts(parts.redis, group, HEAD_BYTES))
      if (answer !== "" || where.ids === undefined) if (mayMatch(answer, where)) some.push(id);
  return some;
}

function mayMatch(answer: string | Error, { cluster, team, states }: RequestFilter): boolean {
  const head = typeof answer === "string" ? headOf(answer) : undefined;
  if (head === undefined) return true;
  return (
    (cluster === undefined || head.cluster === cluster) &&
    (team === undefined || head.team === team) &&
    (states === undefined || states.some((state) => state === head.state))
  );
}

function matches({ asked, state }: AnyRequest, where: RequestFilter): boolean {
  return (
    (where.cluster === undefined || asked.cluster === where.cluster) &&
    (where.team === undefined || teamOf(asked) === where.team) &&
    (where.states === undefined || where.states.includes(state))
  );
}

/** Sorted. From the index, and from the audit log's subjects: one of them alone may be damaged. */
async function knownIds({ redis, onUnreadable }: RequestReaderParts): Promise<readonly string[]> {
  const { keys } = redis;
  const known = new Set<string>();
  const read = { redis, doing: "listing requests", most: MOST_REQUESTS };
  const indexes = {
    requests: () => membersOf({ ...read, key: keys.requests }),
    "audit:heads": () => fieldNamesOf({ ...read, key: keys.auditHeads }),
  };
  for (const [name, ask] of Object.entries(indexes)) {
    const { elements, tooLong } = await unlessUnreadable(ask, (error) => {
      onUnreadable(name, error);
      return NOTHING_READ;
    });
    if (tooLong > 0) onUnreadable(name, new Error(`${tooLong} of its entries are too long`));
    for (const id of elements) if (RequestId.safeParse(id).success) known.add(id);
  }
  return [...known].toSorted();
}

/** Ten times what one company asks in years. */
const MOST_REQUESTS = 200_000;

async function texts(
  { client, keys }: RedisConnection,
  ids: readonly string[],
  bytes: number,
): Promise<readonly { readonly id: string; readonly answer: string | Error }[]> {
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.getrange(keys.request(id), 0, bytes);
  const answers = await askingEach("listing requests", pipeline);
  return ids.map((id, index) => ({ id, answer: answers[index] ?? "" }));
}

function textOf(id: string, answer: string | Error): string {
  if (typeof answer !== "string") throw overwritten(`request ${id}`, answer);
  if (answer !== "") return answer;
  throw overwritten(`request ${id}`, new Error("it is gone"));
}

function* inGroups(ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += READ_AT_ONCE)
    yield ids.slice(start, start + READ_AT_ONCE);
}
