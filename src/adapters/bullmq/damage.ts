import type { Redis } from "ioredis";

/** What somebody did to a queue in Redis, which runs again. */
export type Repaired = "paused" | "damaged";

export type TellRepaired = (name: string, was: Repaired) => void;

export interface Repairs {
  /** Empties a queue where the error says that it is damaged. Whether it was, and its work is worth trying again. */
  after(name: string, error: unknown): Promise<boolean>;
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

/** Takes every key of a queue away. Its jobs only say what is to be looked at, and are asked for again. */
async function emptyQueue(client: Redis, prefix: string, name: string): Promise<void> {
  const match = `${prefix}:${name}:*`;
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "MATCH", match, "COUNT", 1_000);
    if (keys.length > 0) await client.unlink(...keys);
    cursor = next;
  } while (cursor !== "0");
}
