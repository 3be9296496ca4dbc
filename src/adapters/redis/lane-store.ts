import type { LaneStore } from "#src/ports/lane-store.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { parseJson } from "./schema.ts";

/** @throws RetryableError where Redis does not answer; FatalError `StoreOverwritten` where a document is no JSON. */
export function createLaneStore({ client, keys }: RedisConnection): LaneStore {
  return {
    async read(key) {
      const doing = `reading lane document ${key}`;
      const text = await asking(doing, () => client.get(keys.lane(key)));
      return text === null ? undefined : parseJson(`lane document ${key}`, text);
    },
    async write(key, value) {
      const text = JSON.stringify(value);
      await asking(`writing lane document ${key}`, () => client.set(keys.lane(key), text));
    },
    async remove(key) {
      await asking(`removing lane document ${key}`, () => client.del(keys.lane(key)));
    },
  };
}
