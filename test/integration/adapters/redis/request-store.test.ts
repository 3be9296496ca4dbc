import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { AuditDraft, RequestStore } from "#src/ports/request-store.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import {
  NINE,
  aDecision,
  aKeyring,
  aRequest,
  anActiveRequest,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const asked: AuditDraft = { actor: "user:U0ASKER", event: "asked" };
const byWorker: AuditDraft = { actor: "worker", event: "planned" };

let server: TestRedis;
let redis: RedisConnection;
let store: RequestStore;
let unreadable: string[];

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  unreadable = [];
  redis = await connectRedis({
    url: server.url,
    instance: `test-${randomUUID()}`,
    commandTimeoutMs: 2_000,
  });
  store = createRequestStore({
    redis,
    signer: keys.botRecord,
    clock: { now: () => NINE },
    onUnreadable: (id) => void unreadable.push(id),
  });
});
afterEach(() => redis.close());

async function created(change: Partial<RequestRecord> = {}): Promise<RequestRecord> {
  const { version: _first, ...record } = aRequest(change);
  return (await store.create(record, `source of ${record.id}`, asked)).record;
}

describe("creating a request", () => {
  it("stores it as version 1 with its first audit entry", async () => {
    const record = await created();

    expect(await store.get("EG-7QK4M")).toEqual(record);
    expect(record.version).toBe(1);
    expect(await store.auditTrail(1, 10)).toMatchObject([
      {
        number: 1,
        entry: {
          statement: "audit",
          payload: { subject: "EG-7QK4M", sequence: 1, previous: "", at: NINE, ...asked },
        },
      },
    ]);
  });

  it("twice from the same Slack event gives the first one back, also when both come at once", async () => {
    const { version: _one, ...first } = aRequest({ id: "EG-00001" });
    const { version: _two, ...second } = aRequest({ id: "EG-00002" });

    const both = await Promise.all([
      store.create(first, "Ev1", asked),
      store.create(second, "Ev1", asked),
    ]);

    expect(new Set(both.map(({ record }) => record.id)).size).toBe(1);
    expect(both.filter(({ existed }) => existed)).toHaveLength(1);
    expect(await store.list({})).toHaveLength(1);
    expect(await store.bySource("Ev1")).toEqual(both[0].record);
    expect(await store.bySource("Ev2")).toBeUndefined();
    expect(await store.auditCount()).toBe(1);
  });

  it("under an id that is taken writes nothing and may be tried again with another", async () => {
    const record = await created();
    const { version: _first, ...other } = aRequest({ since: 1 });

    await expect(store.create(other, "another event", asked)).rejects.toMatchObject({
      name: "RetryableError",
    });
    expect(await store.get(record.id)).toEqual(record);
    expect(await store.auditCount()).toBe(1);
  });
});

describe("updating a request", () => {
  it("lets one of several concurrent writers win, and tells the others", async () => {
    const record = await created();

    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.update(record, {
          patch: { since: index },
          audit: { ...byWorker, details: { index } },
        }),
      ),
    );

    const [winner] = results.filter(({ result }) => result === "written");
    expect(results.filter(({ result }) => result === "conflict")).toHaveLength(19);
    expect(winner).toEqual({ result: "written", record: await store.get(record.id) });
    expect(await store.auditCount()).toBe(2);
  });

  it("spends a decision once, over all requests, and writes nothing the second time", async () => {
    const one = await created({ id: "EG-00001" });
    const other = await created({ id: "EG-00002" });

    const applying = { patch: { state: "applying" }, audit: byWorker } as const;
    const first = await store.update(one, { ...applying, spend: ["d1", "d2"] });
    const second = await store.update(other, { ...applying, spend: ["d3", "d2"] });
    const third = await store.update(other, { ...applying, spend: ["d3"] });

    expect([first.result, second.result, third.result]).toEqual(["written", "spent", "written"]);
    expect(await store.auditCount()).toBe(4);
  });

  it("of a request that is not there is a conflict", async () => {
    expect(await store.update(aRequest(), { patch: {}, audit: byWorker })).toEqual({
      result: "conflict",
    });
  });

  it("keeps a record with everything in it as it was, over Redis and back", async () => {
    const record = await created();
    const full = anActiveRequest(keys, { version: record.version });

    await store.update(full, { patch: {}, audit: byWorker });

    const stored = await store.get(record.id);
    expect(stored).toEqual({ ...full, version: 2 });
    expect(
      stored?.decisions.every((decision) => keys.verifiers.decision("decision", decision)),
    ).toBe(true);
  });
});

describe("listing requests", () => {
  it("finds them by cluster, team and states, follows a change of state, sorts by id", async () => {
    const { asked: inProd } = aRequest();
    const inTest = { ...inProd, cluster: "test-1" };
    const second = await created({ id: "EG-00002" });
    await created({ id: "EG-00001" });
    await created({ id: "EG-00003", asked: inTest });
    await store.update(second, { patch: { state: "pending" }, audit: byWorker });

    async function ids(where: Parameters<RequestStore["list"]>[0]): Promise<readonly string[]> {
      return (await store.list(where)).map(({ id }) => id);
    }
    expect(await ids({})).toEqual(["EG-00001", "EG-00002", "EG-00003"]);
    expect(await ids({ cluster: "prod-1" })).toEqual(["EG-00001", "EG-00002"]);
    expect(await ids({ cluster: "prod-1", states: ["planning"] })).toEqual(["EG-00001"]);
    expect(await ids({ states: ["planning", "pending"], team: "team-x" })).toHaveLength(3);
    expect(await ids({ states: [] })).toEqual([]);
    expect(await ids({ team: "team-y" })).toEqual([]);
    expect(await redis.client.smembers(`${redis.keys.requests}:state:pending`)).toEqual([
      "EG-00002",
    ]);
    expect(await redis.client.smembers(`${redis.keys.requests}:state:planning`)).toHaveLength(2);
  });

  it("leaves out and reports what is unreadable, missing, or another request copied there", async () => {
    await created({ id: "EG-00001" });
    for (const id of ["EG-00002", "EG-00003", "EG-00004"]) await created({ id });
    const original = (await redis.client.get(redis.keys.request("EG-00001"))) ?? "";
    await redis.client.set(redis.keys.request("EG-00002"), "{");
    await redis.client.set(redis.keys.request("EG-00003"), original);
    await redis.client.del(redis.keys.request("EG-00004"));

    expect((await store.list({})).map(({ id }) => id)).toEqual(["EG-00001"]);
    expect(unreadable).toEqual(["EG-00002", "EG-00003", "EG-00004"]);
    await expect(store.get("EG-00002")).rejects.toMatchObject({ code: "StoreOverwritten" });
    await expect(store.get("EG-00003")).rejects.toMatchObject({ code: "StoreOverwritten" });
  });

  it("does not accept a request whose state or statements are not of their shape", async () => {
    await created();
    for (const change of [
      { state: "approved!" },
      { version: "1" },
      { decisions: [aDecision()] },
      { admission: { payload: {} } },
    ]) {
      const text = JSON.stringify({ ...aRequest(), ...change });
      await redis.client.set(redis.keys.request("EG-7QK4M"), text);

      await expect(store.get("EG-7QK4M")).rejects.toMatchObject({ code: "StoreOverwritten" });
    }
  });

  it("writes nothing at all where a key holds something of another type", async () => {
    const record = await created();
    await redis.client.set(`${redis.keys.requests}:state:pending`, "not a set");

    await expect(
      store.update(record, { patch: { state: "pending" }, audit: byWorker }),
    ).rejects.toMatchObject({
      code: "StoreOverwritten",
    });
    expect(await store.get(record.id)).toEqual(record);
    expect(await store.auditCount()).toBe(1);
  });
});

describe("the store's epoch and freezes", () => {
  it("gives the first epoch to everyone", async () => {
    expect(await store.epoch()).toBeUndefined();

    const given = await Promise.all(["a", "b", "c"].map((epoch) => store.ensureEpoch(epoch)));

    expect(new Set(given).size).toBe(1);
    expect(await store.epoch()).toBe(given[0]);
  });

  it("keeps a freeze until it is cleared, and both are audited under the cluster", async () => {
    const freeze = { cluster: "prod-1", by: "U0SECURITY", at: NINE, reason: "incident" };

    await store.setFreeze(freeze, { actor: "user:U0SECURITY", event: "frozen" });
    expect(await store.freezes()).toEqual([freeze]);
    await store.clearFreeze("prod-1", { actor: "user:U0SECURITY", event: "thawed" });

    expect(await store.freezes()).toEqual([]);
    expect((await store.auditTrail(1, 5)).map((each) => each?.entry.payload)).toMatchObject([
      { subject: "cluster:prod-1", sequence: 1, event: "frozen" },
      { subject: "cluster:prod-1", sequence: 2, event: "thawed" },
    ]);
  });
});
