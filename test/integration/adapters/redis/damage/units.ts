import type { Redis } from "ioredis";

/** One thing somebody who may write to Redis can change alone: a string, or one element of a hash, list or set. */
export interface Unit {
  readonly key: string;
  readonly type: string;
  /** Of a hash; a member of a set, for a list its place. */
  readonly field: string | undefined;
  readonly text: string;
}

export async function unitsOf(client: Redis, key: string): Promise<readonly Unit[]> {
  const type = await client.type(key);
  function unit(field: string | undefined, text: string): Unit {
    return { key, type, field, text };
  }
  switch (type) {
    case "string":
      return [unit(undefined, (await client.get(key)) ?? "")];
    case "hash":
      return Object.entries(await client.hgetall(key)).map(([field, text]) => unit(field, text));
    case "list":
      return (await client.lrange(key, 0, -1)).map((text, place) => unit(String(place), text));
    case "set":
      return (await client.smembers(key)).map((text) => unit(text, text));
    case "zset":
      return (await client.zrange(key, "0", "-1")).map((text) => unit(text, text));
    case "none":
      // It went since it was listed: the system goes on writing.
      return [];
    default:
      throw new Error(`${key} is a ${type}: say here how its parts are changed`);
  }
}

/** Puts another text in the unit's place. */
export async function overwrite(client: Redis, unit: Unit, text: string): Promise<void> {
  const { key, type, field = "" } = unit;
  switch (type) {
    case "string":
      await client.set(key, text, "KEEPTTL");
      return;
    case "hash":
      await client.hset(key, field, text);
      return;
    case "list":
      await client.lset(key, field, text);
      return;
    case "set":
      await client.multi().srem(key, field).sadd(key, text).exec();
      return;
    default:
      await client.multi().zrem(key, field).zadd(key, 1, text).exec();
  }
}

/** Takes the unit out, where it is one of several. */
export async function takeOut(client: Redis, unit: Unit): Promise<void> {
  const { key, type, field = "" } = unit;
  if (type === "hash") await client.hdel(key, field);
  else if (type === "list") await client.lrem(key, 1, unit.text);
  else if (type === "set") await client.srem(key, field);
  else if (type === "zset") await client.zrem(key, field);
  else await client.del(key);
}

/** Every key with the given prefix, as bytes that put it back. */
export async function dump(client: Redis, prefix: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const key of await keysUnder(client, prefix)) {
    const bytes = await client.dumpBuffer(key);
    if (bytes !== null) found.set(key, bytes);
  }
  return found;
}

export async function putBack(
  client: Redis,
  prefix: string,
  dumped: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const pipeline = client.pipeline();
  for (const key of await keysUnder(client, prefix)) pipeline.del(key);
  for (const [key, bytes] of dumped) pipeline.restore(key, 0, bytes);
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

export async function keysUnder(client: Redis, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  let cursor = "0";
  do {
    const [next, some] = await client.scan(cursor, "COUNT", 1000);
    keys.push(...some.filter((key) => key.startsWith(prefix)));
    cursor = next;
  } while (cursor !== "0");
  return keys.toSorted();
}
