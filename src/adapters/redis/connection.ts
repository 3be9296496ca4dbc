import { Redis } from "ioredis";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import { keysOf, type Keys } from "./keys.ts";

export interface RedisConnection {
  readonly client: Redis;
  readonly keys: Keys;
  close(): Promise<void>;
}

export interface RedisSettings {
  /** `redis://` or `rediss://` */
  readonly url: string;
  /** Name of this installation; several may share one Redis. */
  readonly instance: string;
  /** No command takes longer than this: it is rejected instead. */
  readonly commandTimeoutMs: number;
  /** Told when the connection fails; it is made again by itself. */
  readonly onError?: (error: unknown) => void;
}

/**
 * A connection whose commands fail fast: nothing is queued while Redis is away, and nothing is sent a second time
 * after a reconnect (a write may have happened although its answer was lost; the caller reads again and decides).
 * Waits at most `commandTimeoutMs` for the first connection and then answers all the same.
 */
export async function connectRedis(settings: RedisSettings): Promise<RedisConnection> {
  const client = new Redis(settings.url, {
    commandTimeout: settings.commandTimeoutMs,
    connectTimeout: settings.commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
  });
  client.on("error", (error: unknown) => settings.onError?.(error));
  await firstConnection(client, settings.commandTimeoutMs);
  return {
    client,
    keys: keysOf(settings.instance),
    async close() {
      client.disconnect();
    },
  };
}

function firstConnection(client: Redis, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    client.once("ready", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Runs commands. What they throw (time-out, connection lost, Redis loading or out of memory) becomes a
 * `RetryableError`: it says nothing about the data. Only two of Redis' own error codes are `FatalError`s: a key of
 * another type than ours (`StoreOverwritten`) and missing rights (`StoreForbidden`).
 */
export async function asking<Answer>(
  doing: string,
  commands: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await commands();
  } catch (cause) {
    const code = fatalCode(cause);
    if (code !== undefined) throw new FatalError(code, `${doing} in redis`, { cause });
    throw new RetryableError(`${doing} in redis`, { cause });
  }
}

/** The first word of a reply error is its code. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
function fatalCode(cause: unknown): string | undefined {
  if (!Error.isError(cause) || cause.name !== "ReplyError") return undefined;
  const [code = ""] = cause.message.split(" ", 1);
  return FATAL_REPLIES[code];
}

const FATAL_REPLIES: Readonly<Record<string, string>> = {
  WRONGTYPE: "StoreOverwritten",
  NOAUTH: "StoreForbidden",
  NOPERM: "StoreForbidden",
  WRONGPASS: "StoreForbidden",
};
