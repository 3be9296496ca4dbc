import { z } from "zod";
import { EpochMs } from "#src/domain/request/shapes.ts";
import { RetryableError, unlessOverwritten } from "#src/ports/errors.ts";
import type { Intake, IntakeItem } from "#src/ports/chat/intake.ts";
import { firstOf, NOTHING_READ } from "./bounded.ts";
import { asking, WAITING_MS } from "./connection.ts";
import { createDurableWrites } from "./durable-writes.ts";
import { readText } from "./read-text.ts";
import {
  openRecord,
  overwritten,
  parseText,
  type Reader,
  type RecordParts,
  sealRecord,
} from "./records.ts";

const LISTING = "listing slack items";

/** Far more than wait after any outage; the oldest of them are read. */
const MOST_PENDING = 10_000;

const KEEP_DONE_MS = 7 * 24 * 3_600_000;

/**
 * Item and its place among the pending ones in one step: an item stored without it would never be handled. What stands in
 * the place of the pending ones and is no sorted set is deleted.
 */
const RECORD = `
if redis.call('EXISTS', KEYS[1]) == 1 then return {'known'} end
local found = redis.call('TYPE', KEYS[2]).ok
local repaired = found ~= 'none' and found ~= 'zset'
if repaired then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
return {'recorded', repaired and 'repaired' or ''}
`;

/** What was told not to be recorded does not come back; only where it is still the very same text. */
const TAKE_BACK = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return redis.call('ZREM', KEYS[2], ARGV[2])
`;

export function createIntake(parts: RecordParts): Intake {
  const { redis, signer, log } = parts;
  const { client, keys } = redis;
  const durable = createDurableWrites(redis);

  return {
    async record(item) {
      const text = JSON.stringify(sealRecord(signer, `intake:${item.id}`, wellFormed(item)));
      const names = [keys.intakeItem(item.id), keys.intakePending];
      const doing = `recording slack item ${item.id}`;
      // A Redis that hangs would carry the write out once it wakes up, long after people were told it was not recorded.
      await asking(doing, () => client.ping());
      const written = await durable.write(RECORD, names, [text, String(item.receivedAt), item.id]);
      const [word, repaired] = Array.isArray(written.answer) ? written.answer.map(String) : [];
      if (repaired === "repaired")
        log.error({ subject: "intake" }, "the list of waiting deliveries was overwritten");
      if (written.isOnDisk) return word === "recorded";
      if (word === "recorded")
        await asking(doing, () => client.eval(TAKE_BACK, names.length, ...names, text, item.id));
      throw new RetryableError(`${doing}: it is not on disk after ${WAITING_MS} ms`);
    },
    async get(id) {
      const text = await readText(redis, keys.intakeItem(id), `reading slack item ${id}`);
      return text === undefined ? undefined : readItem(parts, id, text);
    },
    async done(id) {
      await asking(`finishing slack item ${id}`, () =>
        // In this order: after a crash in between it is pending without an end, and finished again.
        client.pexpire(keys.intakeItem(id), KEEP_DONE_MS),
      );
      await unlessNoList(
        parts,
        () => asking(LISTING, () => client.zrem(keys.intakePending, id)),
        undefined,
      );
    },
    async pending() {
      const read = { redis, key: keys.intakePending, doing: LISTING, most: MOST_PENDING };
      const { elements, tooLong } = await unlessNoList(parts, () => firstOf(read), NOTHING_READ);
      if (tooLong > 0) log.error({ subject: "intake", tooLong }, "entries of others were left out");
      return elements;
    },
  };
}

/** `none` where the list of what waits is no list any more, which is logged. */
function unlessNoList<Answer, None>(
  { log }: RecordParts,
  ask: () => Promise<Answer>,
  none: None,
): Promise<Answer | None> {
  return unlessOverwritten(ask, (err) => {
    log.error({ subject: "intake", err }, "the list of waiting deliveries was overwritten");
    return none;
  });
}

const Item = z.object({
  id: z.string(),
  kind: z.enum(["event", "command", "line"]),
  receivedAt: EpochMs,
  body: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<IntakeItem>;

function readItem(reader: Reader, id: string, text: string): IntakeItem {
  const what = `slack item ${id}`;
  const item = Item.safeParse(openRecord(reader, `intake:${id}`, parseText(what, text)));
  if (!item.success) throw overwritten(what, item.error);
  if (item.data.id !== id) throw overwritten(what, new Error("it is another one"));
  return item.data;
}

/** People can type what UTF-8 cannot hold (half of a surrogate pair); it becomes U+FFFD. */
function wellFormed(item: IntakeItem): unknown {
  return JSON.parse(JSON.stringify(item), (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  );
}
