import { asking, type RedisConnection, WAITING_MS } from "./connection.ts";

export interface DurableWrites {
  /**
   * Runs a script and answers once what it wrote is on disk, where the server can say so (Redis 7.2 with an append-only
   * file); elsewhere at once. @throws RetryableError where Redis does not answer: it may have been written.
   */
  write(script: string, keys: readonly string[], values: readonly string[]): Promise<Written>;
}

export interface Written {
  /** The script's. */
  readonly answer: unknown;
  /** False where it did not get there in time. */
  readonly isOnDisk: boolean;
}

interface Waiting {
  readonly script: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
  settle(written: Promise<Written>): void;
}

/**
 * WAITAOF covers what was written before it on the same connection, and keeps that connection waiting: writes that come
 * meanwhile are sent together and share the next one. https://redis.io/docs/latest/commands/waitaof/
 */
export function createDurableWrites(redis: RedisConnection): DurableWrites {
  let waiting: Waiting[] = [];
  let isBusy = false;

  async function run(): Promise<void> {
    isBusy = true;
    while (waiting.length > 0) {
      const together = waiting;
      waiting = [];
      await writeTogether(redis, together);
    }
    isBusy = false;
  }

  return {
    write(script, keys, values) {
      const { promise, resolve } = Promise.withResolvers<Written>();
      waiting.push({ script, keys, values, settle: resolve });
      if (!isBusy) void run();
      return promise;
    },
  };
}

async function writeTogether(redis: RedisConnection, together: readonly Waiting[]): Promise<void> {
  const client = await redis.waitingClient();
  const answers = together.map(({ script, keys, values }) =>
    client.eval(script, keys.length, ...keys, ...values),
  );
  const onDisk = settled(client.call("WAITAOF", 1, 0, WAITING_MS).then(isOnDisk, isNotAsked));
  for (const [index, answer] of answers.entries())
    together[index]?.settle(settled(asking("writing", () => onceOnDisk(answer, onDisk))));
  await Promise.allSettled([...answers, onDisk]);
}

async function onceOnDisk(answer: Promise<unknown>, onDisk: Promise<boolean>): Promise<Written> {
  return { answer: await answer, isOnDisk: await onDisk };
}

/** The answer: how many of it, and of its replicas, have it on disk. */
function isOnDisk(answer: unknown): boolean {
  return Array.isArray(answer) && Number(answer[0]) >= 1;
}

/** An older server, one without an append-only file, or one where the command is not allowed. */
function isNotAsked(error: unknown): boolean {
  if (Error.isError(error) && error.name === "ReplyError") return true;
  throw error;
}

/** Its rejection is somebody else's to handle. */
function settled<Answer>(promise: Promise<Answer>): Promise<Answer> {
  promise.catch(() => {});
  return promise;
}
