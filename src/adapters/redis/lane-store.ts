import { z } from "zod";
import type { Trust } from "#src/domain/request/signature.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { parseText, seal, unseal } from "./sealed.ts";

interface Reading {
  readonly redis: RedisConnection;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly log: ChangeLog;
}

export interface LaneStoreParts extends Reading {
  /** The key of the worker, which alone remembers things here. */
  readonly signer: Signer;
}

/**
 * What the worker wrote under a key, signed together with the key. What is not its own reads as if there were none: what
 * was told is told again, and what was seen is looked at again. @throws RetryableError where Redis does not answer.
 */
export function createLaneReader({ redis, trust, clock, log }: Reading): Pick<LaneStore, "read"> {
  const { client, keys } = redis;
  return {
    async read(key) {
      try {
        const text = await asking(`reading lane document ${key}`, () => client.get(keys.lane(key)));
        if (text === null) return undefined;
        const name = nameOf(key);
        return unseal(
          { trust, clock, roles: ["worker"] },
          { name, raw: parseText(name, text), schema: z.unknown() },
        );
      } catch (error) {
        if (!(error instanceof FatalError)) throw error;
        log.error({ subject: key, err: error }, "a remembered document is not ours");
        return undefined;
      }
    },
  };
}

export function createLaneStore(parts: LaneStoreParts): LaneStore {
  const { client, keys } = parts.redis;
  return {
    ...createLaneReader(parts),
    async write(key, value) {
      const text = seal(parts.signer, nameOf(key), value);
      await asking(`writing lane document ${key}`, () => client.set(keys.lane(key), text));
    },
    async remove(key) {
      await asking(`removing lane document ${key}`, () => client.del(keys.lane(key)));
    },
  };
}

function nameOf(key: string): string {
  return `lane:${key}`;
}
