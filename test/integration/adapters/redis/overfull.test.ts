import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { connect, storesOver } from "#test/support/redis-stores.ts";
import { aDecision, aKeyring, aRequest, anOrder } from "#test/support/signed-request.ts";

const keys = aKeyring();
const revoke = keys.decision.sign("decision", aDecision(aRequest(keys), { verdict: "revoke" }));
const { version: _version, ...record } = aRequest(keys, { state: "ending", decisions: [revoke] });
const LONG_MS = 60_000;

let server: TestRedis;
let redis: RedisConnection;
let told: string[];
let store: ReturnType<typeof storesOver>["worker"];

beforeAll(async () => {
  server = await startRedis();
  redis = await connect(server.url, "test", LONG_MS);
}, 120_000);
afterAll(async () => {
  await redis.close();
  await server.stop();
});
beforeEach(async () => {
  await redis.client.flushall();
  ({ told, worker: store } = storesOver(redis, keys));
  await store.create(record, "Ev1", { actor: "user:U0ASKER", event: "asked" });
  await redis.client.config("RESETSTAT");
});

function junkIds(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `EG-${index.toString(36).toUpperCase().padStart(5, "0")}`,
  );
}

async function plantIds(count: number): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (const id of junkIds(count)) {
    pipeline.sadd(redis.keys.requests, id);
    pipeline.set(redis.keys.request(id), "junk");
  }
  await pipeline.exec();
}

async function plantFields(key: string, count: number): Promise<void> {
  await redis.client.hset(key, Object.fromEntries(junkIds(count).map((id) => [id, "junk"])));
}

async function callsOf(command: string): Promise<number> {
  const stats = await redis.client.info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe("what lanes ask before they close anything", () => {
  it("is read of the cluster's own requests alone, however many ids somebody planted", async () => {
    await plantIds(100_000);

    const found = await store.ends([record.id], AbortSignal.timeout(LONG_MS));

    expect(found).toEqual({ ends: new Map([[record.id, [revoke.envelope]]]), whole: true });
    // The names of the index of ends, and one record: its head and its text.
    expect(await Promise.all(["smembers", "hkeys", "getrange"].map(callsOf))).toEqual([0, 1, 2]);
    expect(told).toEqual([]);
  }, 120_000);

  it("is found in the request where the index is filled, which is told in one line", async () => {
    await plantFields(redis.keys.ends, 100_000);

    const found = await store.ends([record.id], AbortSignal.timeout(LONG_MS));

    expect(found).toEqual({ ends: new Map([[record.id, [revoke.envelope]]]), whole: false });
    expect(await Promise.all(["hkeys", "hget"].map(callsOf))).toEqual([0, 0]);
    expect(told).toEqual(["ends"]);
  }, 120_000);

  it("is no empty list where the index of orders is filled", async () => {
    await store.addOrder(anOrder(keys, "a"), { actor: "user:U0SECURITY", event: "frozen" });
    await plantFields(redis.keys.orders("prod-1"), 100_000);

    await expect(store.orders("prod-1")).rejects.toMatchObject({ code: "StoreOverfull" });
    expect(told).toEqual(["orders:prod-1"]);
  }, 120_000);

  it("is what was read until the time was over", async () => {
    await plantIds(200);
    const giveUp = new AbortController();
    const { worker } = storesOver(redis, keys, () => giveUp.abort());

    const found = await worker.ends([record.id, ...junkIds(200)], giveUp.signal);

    expect(found.whole).toBe(false);
    expect(await callsOf("getrange")).toBeLessThan(200);
  }, 60_000);

  it("is nothing at all where no time is left", async () => {
    await expect(store.ends([record.id], AbortSignal.abort())).rejects.toMatchObject({
      name: "RetryableError",
    });
  });
});

describe("what is left out", () => {
  it("is told in a few lines, of a list and of an index", async () => {
    await plantIds(500);
    await plantFields(redis.keys.ends, 500);

    expect((await store.list({})).map(({ id }) => id)).toEqual([record.id]);
    expect(told).toHaveLength(11);
    await store.ends([record.id], AbortSignal.timeout(LONG_MS));

    expect(told).toHaveLength(22);
    expect([told[10], told[21]]).toEqual(["requests", "ends"]);
  }, 60_000);
});
