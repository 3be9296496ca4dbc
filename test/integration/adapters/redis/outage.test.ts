import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import { eventually } from "#test/support/eventually.ts";
import { connect, type Stores, storesOver } from "#test/support/redis-stores.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { NINE, aKeyring, aRequest } from "#test/support/signed-request.ts";

const keys = aKeyring();
const TIMEOUT_MS = 300;
const draft = { actor: "bot", event: "asked" };

let server: TestRedis;
let redis: RedisConnection;
let stores: Stores;
let store: RequestStore;

beforeAll(async () => {
  server = await startRedis({ ownServer: true });
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  redis = await connect(server.url, `test-${randomUUID()}`, TIMEOUT_MS);
  stores = storesOver(redis, keys);
  store = stores.bot;
});
afterEach(() => redis.close());

/** While nobody answers: whoever waits longer than its time-out waits for ever, and so does the test. */
async function refused(asking: Promise<unknown>): Promise<void> {
  await expect(asking).rejects.toMatchObject({ name: "RetryableError" });
}

describe("while Redis does not answer", () => {
  it("reads, writes and the intake say so within the time-out", async () => {
    const item = { id: "Ev1", kind: "event", receivedAt: NINE, body: {} } as const;

    server.pause();
    await Promise.all([
      refused(store.get("EG-7QK4M")),
      refused(store.update(aRequest(keys), { patch: {}, audit: draft })),
      refused(store.list({})),
      refused(store.ends(["EG-7QK4M"], AbortSignal.timeout(60_000))),
      refused(stores.surfaces.surfaces("EG-7QK4M")),
      refused(stores.lanes.read("x")),
      refused(stores.intake.record(item)),
    ]);
    server.resume();

    await eventually(() => store.audit("config", draft));
    expect(await stores.intake.get("Ev1")).toBeUndefined();
  });

  it("a write whose answer was lost is never carried out twice", async () => {
    const { version: _first, ...record } = aRequest(keys);
    server.pause();
    await refused(store.create(record, "Ev1", draft));
    server.resume();

    await eventually(async () => {
      const { record: stored } = await store.create(record, "Ev1", draft);
      expect(stored.version).toBe(1);
    });
    expect((await store.auditHead()).number).toBe(1);
  });
});

describe("while Redis is away", () => {
  it("a connection is given all the same, refuses, and works when Redis is there", async () => {
    await server.kill();
    const late = await connect(server.url, "late", TIMEOUT_MS);
    const lateStore = storesOver(late, keys).bot;

    await refused(lateStore.auditHead());
    await server.restart();

    await eventually(() => lateStore.audit("config", draft));
    await late.close();
  });

  it("what was acknowledged is there after a kill, and nothing is after the data was lost", async () => {
    const { version: _first, ...record } = aRequest(keys);
    await store.create(record, "Ev1", draft);

    await server.restart();
    await eventually(async () => expect(await store.get(record.id)).toMatchObject(record));
    await server.replaceWithEmpty();

    await eventually(async () => expect(await store.list({})).toEqual([]));
    expect(await store.get(record.id)).toBeUndefined();
  });
});
