import type { Redis } from "ioredis";

/** What somebody did to a queue in Redis, which runs again. */
export type Repaired = "paused" | "damaged";

export type TellRepaired = (name: string, was: Repaired) => void;

export interface Repairs {
  /** Empties a queue where the error says that it is damaged. Whether it was, and its work is worth trying again. */
  after(name: string, error: unknown): Promise<boolean>;
  /** Empties those of these queues that hold something far longer than a job: who reads it may have no memory left. */
  tooHeavy(names: readonly string[]): Promise<void>;
  tell: TellRepaired;
}

/** Errors of what a queue held before it was emptied come for a moment longer. Milliseconds. */
const SETTLES_MS = 3_000;

export function createRepairs(client: Redis, prefix: string): Repairs {
  const emptied = new Map<string, number>();
  const repairs: Repairs = {
    async after(name, error) {
      if (!isDamage(error) || performance.now() < (emptied.get(name) ?? 0)) return false;
      emptied.set(name, performance.now() + SETTLES_MS);
      await emptyQueue(client, prefix, name);
      repairs.tell(name, "damaged");
      return true;
    },
    async tooHeavy(names) {
      for (const name of await heavyOf(client, prefix, names)) {
        await emptyQueue(client, prefix, name);
        repairs.tell(name, "damaged");
      }
    },
    tell() {
      // Nobody listens yet.
    },
  };
  return repairs;
}

/**
 * Whether Redis says that BullMQ's scripts cannot work with what a queue's keys hold: one is of another type, or has a
 * text where a number was. Nothing in that queue moves until it is gone. Redis that is away, loading or full says something else.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
function isDamage(error: unknown): boolean {
  return (
    Error.isError(error) &&
    error.name === "ReplyError" &&
    /^(WRONGTYPE|ERR) /.test(error.message) &&
    error.message.includes("user_script")
  );
}

/** A key of ours takes kilobytes; the longest, of a queue's events, some megabytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Queues with a key that takes more. https://redis.io/docs/latest/commands/memory-usage/ */
async function heavyOf(
  client: Redis,
  prefix: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const heavy = new Set<string>();
  for await (const keys of keysLike(client, `${prefix}:*`)) {
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.memory("USAGE", key, "SAMPLES", 0);
    const answers = (await pipeline.exec()) ?? [];
    for (const [index, key] of keys.entries()) {
      const name = key.slice(prefix.length + 1).split(":")[0] ?? "";
      if (names.includes(name) && Number(answers[index]?.[1] ?? 0) > MOST_BYTES) heavy.add(name);
    }
  }
  return [...heavy];
}

/** Takes every key of a queue away. Its jobs only say what is to be looked at, and are asked for again. */
async function emptyQueue(client: Redis, prefix: string, name: string): Promise<void> {
  for await (const keys of keysLike(client, `${prefix}:${name}:*`))
    if (keys.length > 0) await client.unlink(...keys);
}

async function* keysLike(client: Redis, match: string): AsyncGenerator<readonly string[]> {
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "MATCH", match, "COUNT", 1_000);
    yield keys;
    cursor = next;
  } while (cursor !== "0");
}
