import { type ClosableJobQueue, createJobQueue } from "#src/adapters/bullmq/job-queue.ts";
import { isPair } from "#src/adapters/keys/key-pair.ts";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { createSigner } from "#src/adapters/keys/keys.ts";
import {
  connectRedis,
  failFastClient,
  type RedisConnection,
} from "#src/adapters/redis/connection.ts";
import { ConfigError } from "#src/config/config.ts";
import type { BotEnvironment, WorkerEnvironment } from "#src/config/environment.ts";
import type { Trust } from "#src/domain/request/signed/signature.ts";
import type { Log } from "#src/log.ts";
import type { Signer } from "#src/ports/keys.ts";

type Environment = BotEnvironment | WorkerEnvironment;

/** No Redis command takes longer: people wait for the bot's answers, and lanes go on without. */
const COMMAND_TIMEOUT_MS = 2000;

/** Redis and the job queues in it, as both processes use them. */
export async function connectStore(
  { SALLYPORT_REDIS_URL: url }: Environment,
  instance: string,
  log: Log,
): Promise<{ readonly redis: RedisConnection; readonly queue: ClosableJobQueue }> {
  function onError(error: unknown): void {
    log.warn({ err: error }, "redis connection");
  }
  const commandTimeoutMs = COMMAND_TIMEOUT_MS;
  const redis = await connectRedis({ url, instance, commandTimeoutMs, onError });
  const client = failFastClient({ url, commandTimeoutMs, onError });
  const queue = createJobQueue({ client, commandTimeoutMs, prefix: redis.keys.bull, onError });
  return { redis, queue };
}

/**
 * A process's own key. What it signs would be believed by nobody, where its public half is another one.
 * @throws ConfigError
 */
export function ownSigner(
  instance: string,
  key: { readonly name: string; readonly privateKey: string; readonly publicKey: string },
): Signer {
  if (!isPair(key.privateKey, key.publicKey))
    throw new ConfigError("The environment", [
      `${key.name} does not belong to its public key; take both from one run of \`npx sallyport keys\``,
    ]);
  return createSigner(key.privateKey, instance);
}

/** Whose signatures both processes believe. */
export function trustIn(environment: Environment, instance: string): Trust {
  return {
    instance,
    keys: createKeyRing({
      decision: environment.SALLYPORT_DECISION_PUBLIC_KEY,
      bot: environment.SALLYPORT_BOT_RECORD_PUBLIC_KEY,
      worker: environment.SALLYPORT_WORKER_RECORD_PUBLIC_KEY,
    }),
  };
}
