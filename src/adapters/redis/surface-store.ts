import type { Trust } from "#src/domain/request/signature.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { Surface, SurfaceStore } from "#src/ports/surfaces.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { StoredSurface } from "./schema.ts";
import { parseText, seal, unseal } from "./sealed.ts";

export interface SurfaceStoreParts {
  readonly redis: RedisConnection;
  readonly signer: Signer;
  readonly trust: Trust;
  readonly clock: Clock;
}

/** A place that is not what one of us wrote is as good as none: its message is posted anew. @throws RetryableError */
export function createSurfaceStore(parts: SurfaceStoreParts): SurfaceStore {
  const { redis, signer } = parts;
  const { client, keys } = redis;
  return {
    async surfaces(requestId) {
      const stored = await asking(`reading the messages of ${requestId}`, async () => {
        const key = keys.surfaces(requestId);
        const type = await client.type(key);
        if (type === "hash") return client.hgetall(key);
        if (type !== "none") await client.del(key);
        return {};
      });
      return Object.entries(stored)
        .flatMap(([key, text]) => readable(parts, { requestId, key, text }))
        .toSorted((one, other) => one.key.localeCompare(other.key, "en"));
    },
    async put(requestId, surface) {
      const text = seal(signer, nameOf(requestId, surface.key), surface);
      await asking(`recording a message of ${requestId}`, () =>
        client.hset(keys.surfaces(requestId), surface.key, text),
      );
    },
  };
}

function readable(
  { trust, clock }: SurfaceStoreParts,
  { requestId, key, text }: Readonly<Record<"requestId" | "key" | "text", string>>,
): readonly Surface[] {
  const name = nameOf(requestId, key);
  try {
    const raw = parseText(name, text);
    return [
      unseal({ trust, clock, roles: ["worker", "bot"] }, { name, raw, schema: StoredSurface }),
    ];
  } catch (error) {
    if (error instanceof FatalError) return [];
    throw error;
  }
}

function nameOf(requestId: string, key: string): string {
  return `surfaces:${requestId}:${key}`;
}
