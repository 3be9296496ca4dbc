import { randomUUID } from "node:crypto";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { startRedis } from "#test/support/redis.ts";
import { connect, type Stores, storesOver } from "#test/support/redis-stores.ts";
import type { Keyring } from "#test/support/signed-request.ts";

export interface OpenStores extends AsyncDisposable {
  readonly redis: RedisConnection;
  readonly stores: Stores;
  /** What every key of theirs begins with. */
  readonly prefix: string;
}

/** Stores of an instance of its own, on a Redis of its own. Nothing here asks what is on disk. */
export async function openStores(keys: Keyring, commandTimeoutMs: number): Promise<OpenStores> {
  const instance = `test-${randomUUID()}`;
  const server = await startRedis({ ownServer: true });
  const redis = await connect(server.url, instance, commandTimeoutMs);
  await redis.client.config("SET", "appendonly", "no");
  return {
    redis,
    stores: storesOver(redis, keys),
    prefix: `{sallyport:${instance}}:`,
    async [Symbol.asyncDispose]() {
      await redis.close();
      await server.stop();
    },
  };
}
