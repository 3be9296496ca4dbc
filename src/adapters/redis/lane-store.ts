import { unlessOverwritten } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import { asking } from "./connection.ts";
import { readText } from "./read-text.ts";
import { openRecord, parseText, type RecordParts, sealRecord } from "./records.ts";

/**
 * Every document is signed with its key's name. One that is not the worker's, or another key's, reads as if there were none:
 * what was told is told again, and what was seen is looked at again.
 */
export function createLaneReader(parts: Omit<RecordParts, "signer">): Pick<LaneStore, "read"> {
  const { redis } = parts;
  return {
    async read(key) {
      return unlessOverwritten(
        async () => {
          const text = await readText(redis, redis.keys.lane(key), `reading lane document ${key}`);
          if (text === undefined) return undefined;
          return openRecord(parts, `lane:${key}`, parseText(`lane document ${key}`, text));
        },
        (err) => {
          parts.log.error(
            { subject: key, err },
            "a remembered document is not ours: it is not believed",
          );
          return undefined;
        },
      );
    },
  };
}

export function createLaneStore(parts: RecordParts): LaneStore {
  const { redis, signer } = parts;
  const { client, keys } = redis;
  return {
    ...createLaneReader(parts),
    async write(key, value) {
      const text = JSON.stringify(sealRecord(signer, `lane:${key}`, value));
      await asking(`writing lane document ${key}`, () => client.set(keys.lane(key), text));
    },
    async remove(key) {
      await asking(`removing lane document ${key}`, () => client.del(keys.lane(key)));
    },
  };
}
