import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import type { RequestStore } from "#src/ports/request-store.ts";
import { signItem } from "#src/slack/intake/judge-item.ts";
import { eventually } from "#test/support/eventually.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { NINE, aKeyring, aRequest } from "#test/support/signed-request.ts";

const keys = aKeyring();
const TIMEOUT_MS = 300;
const draft = { actor: "bot", event: "asked" };

let server: TestRedis;
let redis: RedisConnection;
let store: RequestStore;

beforeAll(async () => {
  server = await startRedis({ ownServer: true });
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  redis = await connectRedis({
    url: server.url,
    instance: `test-${randomUUID()}`,
    commandTimeoutMs: TIMEOUT_MS,
  });
  store = storeOver(redis);
});
afterEach(() => redis.close());

function storeOver(connection: RedisConnection): RequestStore {
  return createRequestStore({
    redis: connection,
    signer: keys.botRecord,
    clock: { now: () => NINE },
    onUnreadable: () => {},
  });
}

async function timeToRefuse(asking: Promise<unknown>): Promise<number> {
  const from = performance.now();
  await expect(asking).rejects.toMatchObject({ name: "RetryableError" });
  return performance.now() - from;
}

describe("while Redis does not answer", () => {
  it("reads, writes and the intake say so within the time-out", async () => {
    const intake = createIntake(redis);
    const item = { id: "Ev1", kind: "event", receivedAt: NINE, body: {} } as const;
    const signed = signItem(keys.botRecord, item);

    server.pause();
    const took = await Promise.all([
      timeToRefuse(store.get("EG-7QK4M")),
      timeToRefuse(store.update(aRequest(), { patch: {}, audit: draft })),
      timeToRefuse(store.list({})),
      timeToRefuse(intake.record(signed)),
    ]);
    server.resume();

    expect(Math.max(...took)).toBeLessThan(TIMEOUT_MS + 200);
    await eventually(() => store.audit("config", draft));
  });

  it("a write whose answer was lost is never carried out twice", async () => {
    const { version: _first, ...record } = aRequest();
    server.pause();
    await timeToRefuse(store.create(record, "Ev1", draft));
    server.resume();

    await eventually(async () => {
      const { record: stored } = await store.create(record, "Ev1", draft);
      expect(stored.version).toBe(1);
    });
    expect(await store.auditCount()).toBe(1);
  });
});

describe("while Redis is away", () => {
  it("a connection is given all the same, refuses at once, and works when Redis is there", async () => {
    await server.kill();
    const late = await connectRedis({
      url: server.url,
      instance: "late",
      commandTimeoutMs: TIMEOUT_MS,
    });
    const lateStore = storeOver(late);

    expect(await timeToRefuse(lateStore.epoch())).toBeLessThan(100);
    await server.restart();

    await eventually(async () => expect(await lateStore.ensureEpoch("e1")).toBe("e1"));
    await late.close();
  });

  it("what was acknowledged is there after a kill, and nothing is after the data was lost", async () => {
    const { version: _first, ...record } = aRequest();
    await store.create(record, "Ev1", draft);
    await store.ensureEpoch("e1");

    await server.restart();
    await eventually(async () => expect(await store.get(record.id)).toMatchObject(record));
    await server.replaceWithEmpty();

    await eventually(async () => expect(await store.epoch()).toBeUndefined());
    expect(await store.list({})).toEqual([]);
  });
});
