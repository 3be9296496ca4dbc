import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { createKeyRing } from "#src/adapters/keys/key-ring.ts";
import { verifyAudit } from "#src/adapters/redis/audit/audit-verify.ts";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import { changedBefore } from "#src/requests/decision/delivered-before.ts";
import { connect, type Stores, storesOver } from "#test/support/redis-stores.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { aKeyring, aRequest, NINE } from "#test/support/signed-request.ts";

let instance: string;
let keys: ReturnType<typeof aKeyring>;
const draft = { actor: "bot", event: "seen" };

let server: TestRedis;
let redis: RedisConnection;
let stores: Stores;

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  instance = `test-${randomUUID()}`;
  keys = aKeyring(instance);
  redis = await connect(server.url, instance);
  stores = storesOver(redis, keys);
});
afterEach(() => redis.close());

async function created(id: string): Promise<AnyRequest> {
  const { version: _first, ...record } = aRequest(keys, { id });
  return (await stores.bot.create(record, `source of ${id}`, draft)).record;
}

/** Three requests, each written three times: entries 1-3, then 4-6, then 7-9. */
async function history(): Promise<void> {
  const ids = ["EG-00001", "EG-00002", "EG-00003"];
  for (const id of ids) await created(id);
  for (const state of ["pending", "approved"] as const) {
    for (const id of ids) {
      const record = await stores.worker.get(id);
      if (record !== undefined)
        await stores.worker.update(record, { patch: { state }, audit: draft });
    }
  }
}

async function problems(): Promise<readonly string[]> {
  return (await verifyAudit(redis, keys.trust)).problems;
}

/** What somebody with the Redis password can do. `index` from 0. */
async function overwriteEntry(index: number, change: (text: string) => string): Promise<void> {
  const text = (await redis.client.lindex(redis.keys.auditEntries, index)) ?? "";
  await redis.client.lset(redis.keys.auditEntries, String(index), change(text));
}

/** The same entry, saying something else in one field, under its old signature. */
function saying(field: string, value: unknown): (text: string) => string {
  return (text) => {
    const stored = JSON.parse(text) as { entry: { payload: string } };
    const record = JSON.parse(Buffer.from(stored.entry.payload, "base64").toString("utf8")) as {
      value: object;
    };
    const changed = { ...record, value: { ...record.value, [field]: value } };
    const payload = Buffer.from(JSON.stringify(changed), "utf8").toString("base64");
    return JSON.stringify({ ...stored, entry: { ...stored.entry, payload } });
  };
}

describe("the audit log", () => {
  it("has gapless numbers and whole chains when two processes write at the same time", async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? stores.bot : stores.worker).audit(
          `cluster:${index % 4 < 2 ? "a" : "b"}`,
          draft,
        ),
      ),
    );

    const trail = await stores.bot.auditTrail(1, 100);
    const inA = trail.map((each) => each?.entry).filter((entry) => entry?.subject === "cluster:a");
    expect(trail.map((each) => each?.number)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(inA.map((entry) => entry?.sequence)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    expect(await verifyAudit(redis, keys.trust)).toMatchObject({ entries: 40, problems: [] });
  });

  it("is read from any number on, and says its newest", async () => {
    await history();

    const [last] = await stores.bot.auditTrail(9, 100);
    expect((await stores.bot.auditTrail(8, 100)).map((each) => each?.number)).toEqual([8, 9]);
    expect((await stores.bot.auditTrail(2, 3)).map((each) => each?.number)).toEqual([2, 3, 4]);
    expect(await stores.bot.auditTrail(10, 5)).toEqual([]);
    expect(await stores.bot.auditHead()).toEqual({
      number: 9,
      digest: last && envelopeDigest(last.envelope),
    });
  });

  it("goes on behind a number it is told, and says what is missing", async () => {
    await history();

    await stores.worker.audit("cluster:a", draft, 20);
    await stores.worker.audit("cluster:a", draft, 5);

    expect((await stores.bot.auditTrail(21, 9)).map((each) => each?.number)).toEqual([21, 22]);
    expect((await verifyAudit(redis, keys.trust)).problems).toEqual([
      "entries 10 to 20 are missing: entry 21 (cluster:a) follows 9",
    ]);
  });

  it("is empty before the first entry", async () => {
    expect(await stores.bot.auditHead()).toEqual({ number: 0, digest: "" });
    expect(await stores.bot.auditTrail(1, 10)).toEqual([]);
  });

  it("is whole when nobody touched it, and names what it speaks of", async () => {
    await history();

    expect(await verifyAudit(redis, keys.trust)).toEqual({
      entries: 9,
      newest: await stores.bot.auditHead(),
      subjects: new Set(["EG-00001", "EG-00002", "EG-00003"]),
      problems: [],
    });
  });

  it("is whole also while it is being written", async () => {
    await history();
    const stop = new AbortController();
    async function keepWriting(): Promise<void> {
      while (!stop.signal.aborted) await stores.worker.audit("config", draft);
    }

    const writer = keepWriting();
    const found = [await problems(), await problems(), await problems()];
    stop.abort();
    await writer;

    expect(found.flat()).toEqual([]);
  });

  it("stays believed when the key it was signed with is retired later", async () => {
    await history();
    const until = `;until=${new Date(NINE + 1).toISOString()}`;
    const retired = createKeyRing({ ...keys.public, bot: `${keys.public.bot}${until}` });
    const before = createKeyRing({
      ...keys.public,
      bot: `${keys.public.bot};until=${new Date(NINE - 1).toISOString()}`,
    });

    expect((await verifyAudit(redis, { instance, keys: retired })).problems).toEqual([]);
    expect((await verifyAudit(redis, { instance, keys: before })).problems[0]).toBe(
      "entry 1 (EG-00001): the signature is neither the bot's nor the worker's",
    );
  });

  it("is found from its newest genuine entry, however many others stand after it", async () => {
    await history();
    const head = await stores.bot.auditHead();
    await redis.client.rpush(redis.keys.auditEntries, ...Array.from({ length: 120 }, () => "{"));

    expect(await stores.bot.auditHead()).toEqual(head);
    expect((await stores.bot.auditTrail(8, 2)).map((each) => each?.number)).toEqual([8, 9]);
  });

  it.each([1, 9_000_000_000_000_000])(
    "is read to its oldest entry also where somebody made the newest number %d",
    async (number) => {
      const delivery = { actor: "bot", event: "asked", details: { delivery: "Ev1" } };
      await stores.bot.audit("EG-00009", delivery);
      await history();
      await overwriteEntry(9, (text) => text.replace('"number":10', `"number":${number}`));

      const subjects = await changedBefore(stores.bot, { id: "Ev1", receivedAt: NINE });

      expect(subjects).toEqual(new Set(["EG-00009"]));
    },
  );

  it("goes on counting after what somebody wrote in its place, and keeps that", async () => {
    await history();
    await redis.client.set(redis.keys.auditEntries, "not a list");

    await stores.bot.audit("config", draft);

    expect((await stores.bot.auditHead()).number).toBe(10);
    expect((await stores.bot.auditTrail(10, 1)).map((each) => each?.number)).toEqual([10]);
    expect(await problems()).toEqual(["entries 1 to 9 are missing: entry 10 (config) follows 0"]);
  });
});

describe("verifying the audit log finds", () => {
  beforeEach(history);

  it.each([
    ["event", "gone"],
    ["actor", "worker"],
    ["at", NINE - 1],
    ["previous", "0".repeat(64)],
    ["details", { more: true }],
  ])("an entry that says another %s", async (field, value) => {
    await overwriteEntry(4, saying(field, value));

    expect(await problems()).toEqual([
      "entry 5 (EG-00002): the signature is neither the bot's nor the worker's",
      "entry 8 (EG-00002): it does not follow the entry before it in its chain",
    ]);
  });

  it("an entry that was signed by a stranger, or by the decision key", async () => {
    const stranger = storesOver(redis, { ...keys, bot: aKeyring(instance).bot });
    await stranger.bot.audit("config", draft);
    await storesOver(redis, { ...keys, bot: keys.decision }).bot.audit("intake", draft);

    expect(await problems()).toEqual([
      "entry 10 (config): the signature is neither the bot's nor the worker's",
      "entry 11 (intake): the signature is neither the bot's nor the worker's",
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

  it("all of a subject's entries in the middle, by the numbers that are missing", async () => {
    for (const index of [7, 4, 1]) {
      const text = (await redis.client.lindex(redis.keys.auditEntries, index)) ?? "";
      await redis.client.lrem(redis.keys.auditEntries, "1", text);
    }

    expect(await problems()).toHaveLength(3);
  });

  it("an entry that stands there twice", async () => {
    const text = (await redis.client.lindex(redis.keys.auditEntries, 4)) ?? "";
    await redis.client.linsert(redis.keys.auditEntries, "AFTER", text, text);

    expect(await problems()).toEqual(
      expect.arrayContaining([
        "entry 5 (EG-00002): it follows entry 5, so its number is wrong",
        "entry 5 (EG-00002): it does not follow the entry before it in its chain",
      ]),
    );
  });

  it("two entries that were exchanged", async () => {
    await overwriteEntry(4, (text) => text.replace('"number":5', '"number":8'));
    await overwriteEntry(7, (text) => text.replace('"number":8', '"number":5'));

    expect(await problems()).toContain("entries 5 to 7 are missing: entry 8 (EG-00002) follows 4");
  });

  it("an entry that is no entry any more", async () => {
    await overwriteEntry(4, () => "{}");

    expect(await problems()).toEqual([
      "entry 5 is not readable",
      "entry 8 (EG-00002): it does not follow the entry before it in its chain",
    ]);
  });

  it("the ends of the chains put back to older ones, once something is written", async () => {
    const heads = await redis.client.dumpBuffer(redis.keys.auditHeads);
    await stores.bot.audit("EG-00001", draft);
    await redis.client.restore(redis.keys.auditHeads, 0, heads ?? "", "REPLACE");
    await stores.bot.audit("EG-00001", draft);

    expect(await problems()).toEqual([
      "entry 11 (EG-00001): it does not follow the entry before it in its chain",
    ]);
  });

  it("not the newest entries cut off: that is seen by the newest number alone", async () => {
    const head = await stores.bot.auditHead();
    await redis.client.ltrim(redis.keys.auditEntries, "0", "6");

    const report = await verifyAudit(redis, keys.trust);
    expect(report.problems).toEqual([]);
    expect(report.newest.number).toBeLessThan(head.number);
  });
});
