import type { RequestRecord } from "#src/domain/request/request.ts";
import type { RequestFilter } from "#src/ports/request-store.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";

/** Records are read at so many a time. */
const READ_AT_ONCE = 200;

interface Listing {
  readonly redis: RedisConnection;
  readonly onUnreadable: (id: string, error: unknown) => void;
  /** @throws FatalError `StoreOverwritten` */
  readonly read: (id: string, text: string) => RequestRecord;
}

/**
 * An index only says where to look: whether a request matches is read from the request itself, so one that moves from
 * one state to another meanwhile is neither missed nor wrongly given.
 */
export async function listRequests(
  { redis, onUnreadable, read }: Listing,
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
        const record = read(id, texts[index] ?? "");
        if (matches(record, where)) found.push(record);
      } catch (error) {
        onUnreadable(id, error);
      }
    }
  }
  return found;
}

/** The ids in all of the sets that apply; one of another type says nothing, and is repaired by the next write. */
async function indexedIds(
  { client, keys }: RedisConnection,
  where: RequestFilter,
): Promise<readonly string[]> {
  async function members(key: string): Promise<readonly string[] | undefined> {
    const type = await client.type(key);
    if (type === "none") return [];
    return type === "set" ? client.smembers(key) : undefined;
  }
  const narrow = [
    ...(where.cluster === undefined ? [] : [`${keys.requests}:cluster:${where.cluster}`]),
    ...(where.team === undefined ? [] : [`${keys.requests}:team:${where.team}`]),
  ];
  return asking("listing requests", async () => {
    const all = (await members(keys.requests)) ?? [];
    let ids = new Set(all);
    for (const key of narrow) {
      const some = await members(key);
      if (some !== undefined) ids = ids.intersection(new Set(some));
    }
    if (where.states === undefined) return [...ids].toSorted();
    const inStates = new Set<string>();
    for (const state of where.states) {
      const some = await members(`${keys.requests}:state:${state}`);
      if (some === undefined) return [...ids].toSorted();
      for (const id of some) inStates.add(id);
    }
    return [...ids.intersection(inStates)].toSorted();
  });
}

function matches(record: RequestRecord, where: RequestFilter): boolean {
  return (
    (where.cluster === undefined || record.asked.cluster === where.cluster) &&
    (where.team === undefined || record.asked.team === where.team) &&
    (where.states === undefined || where.states.includes(record.state))
  );
}
