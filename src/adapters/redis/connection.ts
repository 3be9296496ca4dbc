import { type ChainableCommander, Redis } from "ioredis";
import { FatalError, isOverwritten, RetryableError } from "#src/ports/errors.ts";
import { keysOf, type Keys } from "./keys.ts";

export interface RedisConnection {
  readonly client: Redis;
  /** Another connection, for commands that keep one waiting. Made when it is first asked for. */
  waitingClient(): Promise<Redis>;
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
  const client = failFastClient(settings);
  let waiting: Redis | undefined;
  const answersWithinMs = settings.commandTimeoutMs + WAITING_MS;
  await firstConnection(client, settings.commandTimeoutMs);
  return {
    client,
    async waitingClient() {
      waiting ??= failFastClient({ ...settings, commandTimeoutMs: answersWithinMs });
      if (waiting.status !== "ready") await firstConnection(waiting, settings.commandTimeoutMs);
      return waiting;
    },
    keys: keysOf(settings.instance),
    async close() {
      client.disconnect();
      waiting?.disconnect();
    },
  };
}

/** The longest a command asks Redis to wait. Milliseconds. */
export const WAITING_MS = 1500;

/** One client of that kind; whoever made it closes it. */
export function failFastClient({
  url,
  commandTimeoutMs,
  onError,
}: Omit<RedisSettings, "instance">): Redis {
  const client = new Redis(url, {
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
  });
  client.on("error", (error: unknown) => onError?.(error));
  return client;
}

function firstConnection(client: Redis, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, timeoutMs);
    function finish(): void {
      clearTimeout(timer);
      client.off("ready", finish);
      resolve();
    }
    client.once("ready", finish);
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
    throw problemOf(doing, cause);
  }
}

/** The same for a pipeline of commands that answer texts: a key of another type costs its own answer alone. */
export async function askingEach(
  doing: string,
  pipeline: ChainableCommander,
): Promise<readonly (string | FatalError)[]> {
  const answers = (await asking(doing, () => pipeline.exec())) ?? [];
  return answers.map(([error, answer]) => {
    if (error === null) return String(answer);
    const problem = problemOf(doing, error);
    if (isOverwritten(problem)) return problem;
    throw problem;
  });
}

function problemOf(doing: string, cause: unknown): FatalError | RetryableError {
  const code = fatalCode(cause);
  return code === undefined
    ? new RetryableError(`${doing} in redis`, { cause })
    : new FatalError(code, `${doing} in redis`, { cause });
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
