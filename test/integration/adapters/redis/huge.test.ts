import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { MAX_TEXT } from "#src/adapters/redis/records.ts";
import { aKeyring } from "#test/support/signed-request.ts";
import { openStores, type OpenStores } from "./damage/open-stores.ts";
import { keysUnder, overwrite, putBack, dump, type Unit, unitsOf } from "./damage/units.ts";
import { begin, goOn, see, type World } from "./damage/world.ts";

/*
 * Whatever is put in the place of anything stored, however long: a process reads no more of it than of one of ours. A
 * process that has no memory left closes nothing.
 */

const HUGE = "x".repeat(32 * 1024 * 1024);
const keys = aKeyring();

let opened: OpenStores;
let before: World;

beforeAll(async () => {
  opened = await openStores(keys, 60_000);
  await begin(opened.stores, keys);
  await goOn(opened.stores, keys);
  before = await see(opened.stores);
}, 120_000);
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
});

/** Every key, and of those that hold many things the first: its text, and its name where it has one. */
async function places(): Promise<readonly Unit[]> {
  const { redis, prefix } = opened;
  const found: Unit[] = [];
  for (const key of await keysUnder(redis.client, prefix)) {
    const [unit] = await unitsOf(redis.client, key);
    if (unit === undefined) continue;
    found.push(unit);
    if (unit.type === "hash") found.push({ ...unit, field: HUGE });
  }
  return found;
}

async function bytesReadFor(work: () => Promise<unknown>): Promise<number> {
  const { client } = opened.redis;
  const { stream } = client;
  const start = stream.bytesRead;
  await work();
  expect(client.stream).toBe(stream);
  return stream.bytesRead - start;
}

describe("what is far longer than anything of ours", () => {
  it("never reaches a process, wherever it stands", async () => {
    const { redis, stores, prefix } = opened;
    // The longest text of ours, a few times over: it is read from several places.
    const most = 8 * MAX_TEXT;
    expect(most).toBeLessThan(HUGE.length / 2);
    const all = await places();
    expect(new Set(all.map(({ type }) => type))).toEqual(
      new Set(["string", "hash", "list", "set", "zset"]),
    );
    const dumped = await dump(redis.client, prefix);
    for (const unit of all) {
      await overwrite(redis.client, unit, HUGE);

      const read = await bytesReadFor(() => see(stores));

      expect({ key: unit.key, tooMuch: read > most }).toEqual({ key: unit.key, tooMuch: false });
      await putBack(redis.client, prefix, dumped);
    }
    expect(await see(stores)).toEqual(before);
  }, 240_000);
});
