import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createHeartbeats } from "#src/adapters/redis/heartbeats.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createLaneReader, createLaneStore } from "#src/adapters/redis/lane-store.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import { INSTANCE, type Keyring, NINE } from "./signed-request.ts";

/** Everything bot and worker keep in one Redis, and what was told of it. */
export function storesOver(
  redis: RedisConnection,
  keys: Keyring,
  onUnreadable: () => void = () => {},
) {
  const told: string[] = [];
  const log: ChangeLog = {
    info: () => {},
    warn: () => {},
    error: (fields, message) => void told.push(`${String(fields["subject"])}: ${message}`),
  };
  const reader = { redis, trust: keys.trust, clock: { now: () => NINE }, log };
  const store = {
    ...reader,
    onUnreadable(name: string): void {
      told.push(name);
      onUnreadable();
    },
  };
  return {
    told,
    bot: createRequestStore({ ...store, signer: keys.bot }),
    worker: createRequestStore({ ...store, signer: keys.worker }),
    intake: createIntake({ ...reader, signer: keys.bot }),
    heartbeats: createHeartbeats({ ...reader, signer: keys.bot }),
    lanes: createLaneStore({ ...reader, signer: keys.worker }),
    boards: createLaneReader(reader),
    surfaces: createSurfaceStore({ ...reader, signer: keys.worker }),
  };
}
export type Stores = ReturnType<typeof storesOver>;

export function connect(
  url: string,
  instance = INSTANCE,
  commandTimeoutMs = 2_000,
): Promise<RedisConnection> {
  return connectRedis({ url, instance, commandTimeoutMs });
}
