import type { SurfaceStore } from "#src/ports/surfaces.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { parseSurface } from "./schema.ts";

/** @throws RetryableError where Redis does not answer; FatalError `StoreOverwritten` where a surface is unreadable. */
export function createSurfaceStore({ client, keys }: RedisConnection): SurfaceStore {
  return {
    async surfaces(requestId) {
      const stored = await asking(`reading the messages of ${requestId}`, () =>
        client.hvals(keys.surfaces(requestId)),
      );
      return stored
        .map((text) => parseSurface(text))
        .toSorted((one, other) => one.key.localeCompare(other.key, "en"));
    },
    async put(requestId, surface) {
      const text = JSON.stringify(surface);
      await asking(`recording a message of ${requestId}`, () =>
        client.hset(keys.surfaces(requestId), surface.key, text),
      );
    },
  };
}
