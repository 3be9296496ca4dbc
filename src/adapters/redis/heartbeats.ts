import { Heartbeat } from "#src/domain/time/heartbeat.ts";
import type { Heartbeats } from "#src/ports/store/heartbeats.ts";
import { asking } from "./connection.ts";
import { readRecord } from "./read-record.ts";
import { type RecordParts, sealRecord } from "./records.ts";

const NAME = "heartbeat:bot";

/** One signed record. One that is not a bot's is as if none was heard. */
export function createHeartbeats(parts: RecordParts): Heartbeats {
  const { redis, signer } = parts;
  const key = redis.keys.heartbeat;
  return {
    async beat(heartbeat) {
      const text = JSON.stringify(sealRecord(signer, NAME, heartbeat));
      await asking("writing the bot's heartbeat", () => redis.client.set(key, text));
    },
    async newest() {
      const record = await readRecord(parts, { key, name: NAME, subject: "the bot's heartbeat" });
      return Heartbeat.safeParse(record).data;
    },
  };
}
