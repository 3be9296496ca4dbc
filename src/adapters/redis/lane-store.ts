import { z } from "zod";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Signer, Verifier } from "#src/ports/keys.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";

export interface LaneStoreParts {
  readonly redis: RedisConnection;
  /** The record key of the worker, which alone remembers things here. */
  readonly signer: Signer;
  readonly verifier: Verifier;
  readonly log: ChangeLog;
}

/** Statement kind of a document's signature. */
const LANE_STATEMENT = "lane";

/**
 * Every document is signed together with its whole key. One that is not ours, or another key's, reads as if there were none:
 * what was told is told again, and what was seen is looked at again.
 * @throws RetryableError where Redis does not answer.
 */
export function createLaneStore({ redis, signer, verifier, log }: LaneStoreParts): LaneStore {
  const { client, keys } = redis;
  return {
    async read(key) {
      const text = await asking(`reading lane document ${key}`, () => client.get(keys.lane(key)));
      if (text === null) return undefined;
      const signed = SignedDocument.safeParse(text).data;
      if (signed?.payload.key === keys.lane(key) && verifier.verify(LANE_STATEMENT, signed))
        return signed.payload.value;
      log.error({ subject: key }, "a remembered document is not ours: it is not believed");
      return undefined;
    },
    async write(key, value) {
      const text = JSON.stringify(signer.sign(LANE_STATEMENT, { key: keys.lane(key), value }));
      await asking(`writing lane document ${key}`, () => client.set(keys.lane(key), text));
    },
    async remove(key) {
      await asking(`removing lane document ${key}`, () => client.del(keys.lane(key)));
    },
  };
}

const Json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("no JSON");
    return z.NEVER;
  }
});

const SignedDocument = Json.pipe(
  z.object({
    statement: z.string(),
    payload: z.object({ key: z.string(), value: z.unknown() }),
    key: z.string(),
    signature: z.string(),
  }),
);
