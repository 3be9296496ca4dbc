import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { verifyAudit } from "#src/adapters/redis/audit-verify.ts";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import { createVerifier } from "#src/adapters/keys/keys.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { RequestStore } from "#src/ports/request-store.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { NINE, aKeyring, aRequest } from "#test/support/signed-request.ts";

const keys = aKeyring();
const verifier = createVerifier([keys.botRecordPublic, keys.workerRecordPublic]);
const draft = { actor: "bot", event: "seen" };

let server: TestRedis;
let redis: RedisConnection;
let bot: RequestStore;
let worker: RequestStore;

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  const instance = `test-${randomUUID()}`;
  redis = await connectRedis({ url: server.url, instance, commandTimeoutMs: 2_000 });
  const parts = { redis, clock: { now: () => NINE }, onUnreadable: () => {} };
  bot = createRequestStore({ ...parts, signer: keys.botRecord });
  worker = createRequestStore({ ...parts, signer: keys.workerRecord });
});
afterEach(() => redis.close());

async function created(id: string): Promise<RequestRecord> {
  const { version: _first, ...record } = aRequest({ id });
  return (await bot.create(record, `source of ${id}`, draft)).record;
}

/** Three requests, each written three times: entries 1-3, then 4-6, then 7-9. */
async function history(): Promise<void> {
  const ids = ["EG-00001", "EG-00002", "EG-00003"];
  for (const id of ids) await created(id);
  for (const state of ["pending", "approved"] as const) {
    for (const id of ids) {
      const record = await worker.get(id);
      if (record !== undefined) await worker.update(record, { patch: { state }, audit: draft });
    }
  }
}

async function problems(): Promise<readonly string[]> {
  return (await verifyAudit(bot, verifier)).problems;
}

/** What somebody with the Redis password can do. */
async function overwriteEntry(index: number, change: (text: string) => string): Promise<void> {
  const text = (await redis.client.lindex(redis.keys.auditEntries, index)) ?? "";
  await redis.client.lset(redis.keys.auditEntries, String(index), change(text));
}

describe("the audit log", () => {
  it("has gapless numbers and whole chains when two processes write at the same time", async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? bot : worker).audit(`cluster:${index % 4 < 2 ? "a" : "b"}`, draft),
      ),
    );

    const trail = await bot.auditTrail(1, 100);
    const inA = trail
      .map((each) => each?.entry.payload)
      .filter((payload) => payload?.subject === "cluster:a");
    expect(trail.map((each) => each?.number)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(inA.map((payload) => payload?.sequence)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    expect(await verifyAudit(bot, verifier)).toEqual({ entries: 40, problems: [] });
  });

  it("is read from any number on", async () => {
    await history();

    expect((await bot.auditTrail(8, 100)).map((each) => each?.number)).toEqual([8, 9]);
    expect((await bot.auditTrail(2, 3)).map((each) => each?.number)).toEqual([2, 3, 4]);
    expect(await bot.auditTrail(10, 5)).toEqual([]);
    expect(await bot.auditCount()).toBe(9);
  });

  it("is whole, and the requests are what was last written, when nobody touched them", async () => {
    await history();

    expect(await verifyAudit(bot, verifier)).toEqual({ entries: 9, problems: [] });
  });

  it("is whole also while it is being written", async () => {
    await history();
    const stop = new AbortController();
    async function keepWriting(): Promise<void> {
      while (!stop.signal.aborted) {
        const record = await worker.get("EG-00002");
        if (record !== undefined) await worker.update(record, { patch: {}, audit: draft });
      }
    }

    const writer = keepWriting();
    const found = [await problems(), await problems(), await problems()];
    stop.abort();
    await writer;

    expect(found.flat()).toEqual([]);
  });
});

describe("verifying the audit log finds", () => {
  beforeEach(history);

  it("an entry that was edited", async () => {
    await overwriteEntry(4, (text) => text.replace('"event":"seen"', '"event":"gone"'));

    expect(await problems()).toEqual([
      "entry 5 (EG-00002): the signature is not that of a record key",
      "entry 8 (EG-00002): it does not follow the entry before it in its chain",
    ]);
  });

  it("an entry that was signed by a stranger", async () => {
    const stranger = createRequestStore({
      redis,
      signer: aKeyring().botRecord,
      clock: { now: () => NINE },
      onUnreadable: () => {},
    });
    await stranger.audit("config", draft);

    expect(await problems()).toEqual([
      "entry 10 (config): the signature is not that of a record key",
    ]);
  });

  it("an entry that was taken out", async () => {
    const text = (await redis.client.lindex(redis.keys.auditEntries, 4)) ?? "";
    await redis.client.lrem(redis.keys.auditEntries, "1", text);

    expect(await problems()).toEqual([
      "entry 5 is missing: entry 6 (EG-00003) follows 4",
      "entry 8 (EG-00002): it does not follow the entry before it in its chain",
    ]);
  });

  it("two entries that were exchanged", async () => {
    await overwriteEntry(4, (text) => text.replace('"number":5', '"number":8'));
    await overwriteEntry(7, (text) => text.replace('"number":8', '"number":5'));

    expect(await problems()).toContain("entry 5 is missing: entry 8 (EG-00002) follows 4");
  });

  it("the newest entries cut off", async () => {
    await redis.client.ltrim(redis.keys.auditEntries, "0", "6");

    expect(await problems()).toEqual([
      "entries 8 to 9 are missing: numbers up to 9 were given",
      "request EG-00002 is stored as version 3, but was last written as 2",
      "request EG-00003 is stored as version 3, but was last written as 2",
    ]);
  });

  it("an entry that is no entry any more", async () => {
    await overwriteEntry(4, () => "{}");

    expect(await problems()).toEqual([
      "entry 5 is not readable",
      "entry 8 (EG-00002): it does not follow the entry before it in its chain",
    ]);
  });

  it("a request that was edited", async () => {
    const name = redis.keys.request("EG-00002");
    const text = (await redis.client.get(name)) ?? "";
    await redis.client.set(name, text.replace('"state":"approved"', '"state":"applying"'));

    expect(await problems()).toEqual(["request EG-00002 was changed after version 3 was written"]);
  });

  it("a request that was edited, and written again as if nothing were", async () => {
    const record = await worker.get("EG-00002");
    if (record !== undefined)
      await worker.update({ ...record, state: "active" }, { patch: {}, audit: draft });

    expect(await problems()).toEqual([
      "entry 10 (EG-00002): the request it replaced was changed after it was last written",
    ]);
  });

  it("a request that was put back to an older version", async () => {
    const name = redis.keys.request("EG-00002");
    await redis.client.set(name, JSON.stringify(aRequest({ id: "EG-00002", version: 1 })));

    expect(await problems()).toEqual([
      "request EG-00002 is stored as version 1, but was last written as 3",
    ]);
  });

  it("a request that was removed, made unreadable, or smuggled in", async () => {
    await redis.client.del(redis.keys.request("EG-00001"));
    await redis.client.set(redis.keys.request("EG-00002"), "{}");
    await redis.client.set(
      redis.keys.request("EG-99999"),
      JSON.stringify(aRequest({ id: "EG-99999" })),
    );
    await redis.client.sadd(redis.keys.requests, "EG-99999");

    expect(await problems()).toEqual([
      "request EG-00001 was written, but is not stored",
      "request EG-00002 is not readable",
      "request EG-99999 is stored, but no entry says that it was written",
    ]);
  });
});
