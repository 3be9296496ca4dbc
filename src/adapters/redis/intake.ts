import type { Intake } from "#src/ports/intake.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { parseIntakeItem } from "./schema.ts";

const KEEP_DONE_MS = 7 * 24 * 3_600_000;

/** Item and its place among the pending ones in one step: an item stored without it would never be handled. */
const RECORD = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX') then
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
  return 1
end
return 0
`;

/** @throws RetryableError where Redis does not answer: then nothing may be acknowledged. */
export function createIntake({ client, keys }: RedisConnection): Intake {
  return {
    async record(signed) {
      const item = signed.payload;
      const names = [keys.intakeItem(item.id), keys.intakePending];
      const given = [JSON.stringify(signed), String(item.receivedAt), item.id];
      const answer = await asking(`recording slack item ${item.id}`, async () => {
        // A Redis that hangs would carry the write out once it wakes up, long after people were told it was not recorded.
        await client.ping();
        return client.eval(RECORD, names.length, ...names, ...given);
      });
      return answer === 1;
    },
    async get(id) {
      const text = await asking(`reading slack item ${id}`, () => client.get(keys.intakeItem(id)));
      return text === null ? undefined : parseIntakeItem(text);
    },
    async done(id) {
      await asking(`finishing slack item ${id}`, async () => {
        // In this order: after a crash in between it is pending without an end, and finished again.
        await client.pexpire(keys.intakeItem(id), KEEP_DONE_MS);
        await client.zrem(keys.intakePending, id);
      });
    },
    async pending() {
      return asking("listing slack items", () => client.zrange(keys.intakePending, "0", "-1"));
    },
  };
}
