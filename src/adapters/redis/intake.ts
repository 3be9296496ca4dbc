import type { Redis } from "ioredis";
import type { Trust } from "#src/domain/request/signature.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { Intake } from "#src/ports/intake.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { Item } from "./schema.ts";
import { overwritten, parseText, seal, unseal } from "./sealed.ts";

const KEEP_DONE_MS = 7 * 24 * 3_600_000;

/** How long a write may take to reach the disk. Milliseconds. */
const DURABLE_WITHIN_MS = 1000;

/** Item and its place among the pending ones in one step: an item stored without it would never be handled. */
const RECORD = `
if redis.call('TYPE', KEYS[2]).ok ~= 'zset' then redis.call('DEL', KEYS[2]) end
if redis.call('SET', KEYS[1], ARGV[1], 'NX') then
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
  return 1
end
return 0
`;

export interface IntakeParts {
  readonly redis: RedisConnection;
  /** The bot's key for records: nobody else records what Slack delivered. */
  readonly signer: Signer;
  readonly trust: Trust;
  readonly clock: Clock;
}

/** @throws RetryableError where Redis does not answer: then nothing may be acknowledged. */
export function createIntake({ redis, signer, trust, clock }: IntakeParts): Intake {
  const { client, keys } = redis;
  const durable = waitingForDisk(client);
  return {
    async record(item) {
      const names = [keys.intakeItem(item.id), keys.intakePending];
      const given = [seal(signer, nameOf(item.id), item), String(item.receivedAt), item.id];
      const answer = await asking(`recording slack item ${item.id}`, async () => {
        // A Redis that hangs would carry the write out once it wakes up, long after people were told it was not recorded.
        await client.ping();
        return durable((connection) => connection.eval(RECORD, names.length, ...names, ...given));
      });
      return answer === 1;
    },
    async get(id) {
      const text = await asking(`reading slack item ${id}`, () => client.get(keys.intakeItem(id)));
      if (text === null) return undefined;
      const name = nameOf(id);
      const raw = parseText(name, text);
      const item = unseal({ trust, clock, roles: ["bot"] }, { name, raw, schema: Item });
      if (item.id !== id) throw overwritten(name, "it is another item");
      return item;
    },
    async done(id) {
      await asking(`finishing slack item ${id}`, async () => {
        // In this order: after a crash in between it is pending without an end, and finished again.
        await client.pexpire(keys.intakeItem(id), KEEP_DONE_MS);
        if ((await client.type(keys.intakePending)) === "zset")
          await client.zrem(keys.intakePending, id);
      });
    },
    async pending() {
      return asking("listing slack items", async () =>
        (await client.type(keys.intakePending)) === "zset"
          ? client.zrange(keys.intakePending, "0", "-1")
          : [],
      );
    },
  };
}

function nameOf(id: string): string {
  return `intake:${id}`;
}

/**
 * Runs a write and waits until it is on the disk, where the server can say so (Redis 7.2 with AOF). WAITAOF speaks of
 * the writes of its own connection and holds that up: it has one of its own. https://redis.io/docs/latest/commands/waitaof/
 */
function waitingForDisk(
  client: Redis,
): <Answer>(write: (connection: Redis) => Promise<Answer>) => Promise<Answer> {
  let own: Redis | undefined;
  let knows = true;
  return async function durable(write) {
    if (!knows) return write(client);
    own ??= connectionLike(client);
    if (own.status !== "ready") return write(client);
    const answer = await write(own);
    try {
      await own.call("WAITAOF", "1", "0", String(DURABLE_WITHIN_MS));
    } catch {
      // An older server, or one without AOF: `doctor` says what it may lose.
      knows = false;
      own.disconnect();
    }
    return answer;
  };
}

function connectionLike(client: Redis): Redis {
  const own = client.duplicate();
  own.on("error", () => undefined);
  client.once("close", () => own.disconnect());
  return own;
}
