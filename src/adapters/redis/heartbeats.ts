import { Heartbeat } from "#src/domain/heartbeat.ts";
import { unlessOverwritten } from "#src/ports/errors.ts";
import type { Heartbeats } from "#src/ports/heartbeats.ts";
import { asking } from "./connection.ts";
import { readText } from "./read-text.ts";
import { openRecord, parseText, type RecordParts, sealRecord } from "./records.ts";

const NAME = "heartbeat:bot";

/** One signed record. One that is not a bot's is as if none was heard. */
export function createHeartbeats(parts: RecordParts): Heartbeats {
  const { redis, signer, log } = parts;
  const key = redis.keys.heartbeat;
  return {
    async beat(heartbeat) {
      const text = JSON.stringify(sealRecord(signer, NAME, heartbeat));
      await asking("writing the bot's heartbeat", () => redis.client.set(key, text));
    },
    async newest() {
      return unlessOverwritten(
        async () => {
          const text = await readText(redis, key, "reading the bot's heartbeat");
          if (text === undefined) return undefined;
          return Heartbeat.safeParse(openRecord(parts, NAME, parseText(NAME, text))).data;
        },
        (err) => {
          log.error({ err }, "a heartbeat is not a bot's: it is not believed");
          return undefined;
        },
      );
    },
  };
}
