import type { LaneStore } from "#src/ports/store/lane-store.ts";
import { asking } from "./connection.ts";
import { readRecord } from "./read-record.ts";
import { type RecordParts, sealRecord } from "./records.ts";

/**
 * Every document is signed with its key's name. One that is not the worker's, or another key's, reads as if there were none:
 * what was told is told again, and what was seen is looked at again.
 */
export function createLaneReader(parts: Omit<RecordParts, "signer">): Pick<LaneStore, "read"> {
  return {
    read: (key) =>
      readRecord(parts, {
        key: parts.redis.keys.lane(key),
        name: `lane:${key}`,
        subject: `lane document ${key}`,
      }),
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
