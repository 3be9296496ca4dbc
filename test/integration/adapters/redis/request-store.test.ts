import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createRequestStore } from "#src/adapters/redis/request-store.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { AuditDraft, RequestStore } from "#src/ports/store/request-store.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import {
  NINE,
  aDecision,
  aKeyring,
  aRequest,
  anOrder,
  anActiveRequest,
  anAsked,
  anEnd,
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
    signer: keys.bot,
    trust: keys.trust,
    clock: { now: () => NINE },
    onUnreadable: (name) => void unreadable.push(name),
  });
});
afterEach(() => redis.close());

/** Of every request there may be here. */
async function ends(): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const ids = ["EG-00001", "EG-00002", "EG-7QK4M"];
  const answer = await store.ends(ids, AbortSignal.timeout(60_000));
  expect(answer.whole).toBe(true);
  return answer.ends;
}

function withoutVersion(record: RequestRecord): Omit<RequestRecord, "version"> {
  const { version: _version, ...rest } = record;
  return rest;
}

async function created(change: Partial<RequestRecord> = {}): Promise<RequestRecord> {
  const record = withoutVersion(aRequest(keys, change));
  const made = (await store.create(record, `source of ${record.id}`, asked)).record;
  if (made.kind !== "grant") throw new Error(`${made.id} asks for no egress`);
  return made;
}

async function entries(): Promise<number> {
  return (await store.auditHead()).number;
}

describe("creating a request", () => {
  it("stores it as version 1 with its first audit entry", async () => {
    const record = await created();

    expect(await store.get("EG-7QK4M")).toEqual(record);
    expect(record.version).toBe(1);
    expect(await store.auditTrail(1, 10)).toMatchObject([
      {
        number: 1,
        entry: { subject: "EG-7QK4M", sequence: 1, previous: "", at: NINE, ...asked },
      },
    ]);
  });

  it("twice from the same Slack event gives the first one back, also when both come at once", async () => {
    const first = withoutVersion(aRequest(keys, { id: "EG-00001" }));
    const second = withoutVersion(aRequest(keys, { id: "EG-00002" }));

    const both = await Promise.all([
      store.create(first, "Ev1", asked),
      store.create(second, "Ev1", asked),
    ]);

    expect(new Set(both.map(({ record }) => record.id)).size).toBe(1);
    expect(both.filter(({ existed }) => existed)).toHaveLength(1);
    expect(await store.list({})).toHaveLength(1);
    expect(await store.bySource("Ev1")).toEqual(both[0].record);
    expect(await store.bySource("Ev2")).toBeUndefined();
    expect(await entries()).toBe(1);
  });

  it("under an id that is taken writes nothing and may be tried again with another", async () => {
    const record = await created();
    const other = withoutVersion(aRequest(keys, { since: 1 }));

    await expect(store.create(other, "another event", asked)).rejects.toMatchObject({
      name: "RetryableError",
    });
    expect(await store.get(record.id)).toEqual(record);
    expect(await store.bySource("another event")).toBeUndefined();
    expect(await entries()).toBe(1);
  });

  it("too large to be read back is refused before anything is written", async () => {
    const refusal = {
      outcome: "refusal",
      reason: "ObjectRefused",
      what: "x".repeat(500_000),
      why: "",
      fix: "",
    } as const;

    await expect(created({ refusal })).rejects.toMatchObject({ code: "RecordTooLarge" });
    expect(await store.list({})).toEqual([]);
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
    expect(await entries()).toBe(2);
  });

  it("of a request that is not there is a conflict", async () => {
    expect(await store.update(aRequest(keys), { patch: {}, audit: byWorker })).toEqual({
      result: "conflict",
    });
  });

  it("keeps a record with everything in it as it was, every statement's envelope too", async () => {
    const record = await created();
    const active = anActiveRequest(keys, { version: record.version });
    const full = { ...active, end: anEnd(keys, active) };

    await store.update(full, { patch: {}, audit: byWorker });

    expect(await store.get(record.id)).toEqual({ ...full, version: 2 });
  });
});

describe("restoring a request", () => {
  it.each<readonly [what: string, text: string | undefined]>([
    ["nothing", undefined],
    ["garbage", "{"],
    ["a version beyond counting", '{"version":999999999999999,"record":0}'],
  ])("over %s makes it what the cluster knows, to be written on", async (_what, text) => {
    if (text !== undefined) await redis.client.set(redis.keys.request("EG-7QK4M"), text);

    const record = await store.restore(withoutVersion(anActiveRequest(keys)), byWorker);

    expect(await store.get("EG-7QK4M")).toEqual(record);
    expect(await store.list({ states: ["active"] })).toEqual([record]);
    expect(await store.update(record, { patch: {}, audit: byWorker })).toMatchObject({
      result: "written",
    });
    expect(await entries()).toBe(2);
  });

  it("over a readable one raises its version, so that who read that one writes nothing", async () => {
    const before = await created();

    const record = await store.restore(withoutVersion(anActiveRequest(keys)), byWorker);

    expect(record.version).toBe(2);
    expect(await store.update(before, { patch: {}, audit: byWorker })).toEqual({
      result: "conflict",
    });
  });
});

describe("listing requests", () => {
  it("finds them by cluster, team and states, follows a change of state, sorts by id", async () => {
    const second = await created({ id: "EG-00002" });
    await created({ id: "EG-00001" });
    await created({ id: "EG-00003", asked: anAsked({ cluster: "test-1" }) });
    await created({ id: "EG-00004", asked: anAsked({ team: 'team "y"' }) });
    await store.update(second, { patch: { state: "pending" }, audit: byWorker });

    async function ids(where: Parameters<RequestStore["list"]>[0]): Promise<readonly string[]> {
      return (await store.list(where)).map(({ id }) => id);
    }
    expect(await ids({})).toEqual(["EG-00001", "EG-00002", "EG-00003", "EG-00004"]);
    expect(await ids({ cluster: "test-1" })).toEqual(["EG-00003"]);
    expect(await ids({ cluster: "prod-1", states: ["planning"] })).toEqual([
      "EG-00001",
      "EG-00004",
    ]);
    expect(await ids({ states: ["planning", "pending"], team: "team-x" })).toHaveLength(3);
    expect(await ids({ team: 'team "y"' })).toEqual(["EG-00004"]);
    expect(await ids({ states: [] })).toEqual([]);
    expect(await ids({ team: "team-z" })).toEqual([]);
    expect(unreadable).toEqual([]);
  });

  it("leaves out and reports what is unreadable, missing, or another request copied there", async () => {
    for (const id of ["EG-00001", "EG-00002", "EG-00003", "EG-00004"]) await created({ id });
    const original = (await redis.client.get(redis.keys.request("EG-00001"))) ?? "";
    await redis.client.set(redis.keys.request("EG-00002"), "{");
    await redis.client.set(redis.keys.request("EG-00003"), original);
    await redis.client.del(redis.keys.request("EG-00004"));

    expect((await store.list({})).map(({ id }) => id)).toEqual(["EG-00001"]);
    expect(unreadable).toEqual(["EG-00002", "EG-00003", "EG-00004"]);
    await expect(store.get("EG-00002")).rejects.toMatchObject({ code: "StoreOverwritten" });
    await expect(store.get("EG-00003")).rejects.toMatchObject({ code: "StoreOverwritten" });
    expect(await store.get("EG-00004")).toBeUndefined();
  });
});

describe("what the clusters have not heard of", () => {
  const revoke = keys.decision.sign("decision", aDecision(aRequest(keys), { verdict: "revoke" }));

  it("is each signed end, until it is copied", async () => {
    const record = await created();
    await created({ id: "EG-00002" });
    const end = anEnd(keys, record).envelope;

    await store.update(record, { patch: {}, audit: byWorker, end });
    expect(await ends()).toEqual(new Map([[record.id, [end]]]));
    await store.endCopied("EG-00002");
    expect((await ends()).size).toBe(1);
    await store.endCopied(record.id);

    expect(await ends()).toEqual(new Map());
  });

  it("is also found in the request itself, should the index be lost", async () => {
    const record = await created();
    await store.update(record, {
      patch: { state: "ending", decisions: [revoke] },
      audit: byWorker,
      end: revoke.envelope,
    });
    await redis.client.del(redis.keys.ends);

    expect(await ends()).toEqual(new Map([[record.id, [revoke.envelope]]]));
  });

  it("is each freeze and unfreeze of its cluster as they were made, until it is copied", async () => {
    const lift = anOrder(keys, "a", { verdict: "unfreeze", at: NINE + 2 });
    const freeze = anOrder(keys, "b", { at: NINE + 1 });
    const elsewhere = anOrder(keys, "c", { cluster: "test-1" });
    const frozen = { actor: "user:U0SECURITY", event: "frozen" };
    for (const each of [lift, freeze, elsewhere]) await store.addOrder(each, frozen);

    expect(await store.orders("prod-1")).toEqual([freeze.envelope, lift.envelope]);
    await store.orderCopied("prod-1", "b");

    expect(await store.orders("prod-1")).toEqual([lift.envelope]);
    expect(await store.orders("test-1")).toEqual([elsewhere.envelope]);
    expect((await store.auditTrail(1, 5)).map((each) => each?.entry)).toMatchObject([
      { subject: "cluster:prod-1", sequence: 1, event: "frozen" },
      { subject: "cluster:prod-1", sequence: 2, event: "frozen" },
      { subject: "cluster:test-1", sequence: 1, event: "frozen" },
    ]);
  });
});

describe("a key of another type", () => {
  it("in the place of an index or the audit log stops no write, and is told once", async () => {
    const record = await created();
    for (const key of ["requests", "ends", "auditHeads", "auditNumber", "auditEntries"] as const) {
      await redis.client.del(redis.keys[key]);
      await redis.client.sadd(redis.keys.intakePending, "x");
      await redis.client.rename(redis.keys.intakePending, redis.keys[key]);
    }
    await redis.client.del(redis.keys.requests);
    await redis.client.set(redis.keys.requests, "x");
    const end = anEnd(keys, record).envelope;

    const first = await store.update(record, { patch: {}, audit: byWorker, end });
    const second =
      first.result === "written" &&
      (await store.update(first.record, { patch: {}, audit: byWorker }));

    expect([first, second]).toMatchObject([{ result: "written" }, { result: "written" }]);
    expect(unreadable.toSorted()).toEqual([
      "audit:entries",
      "audit:heads",
      "audit:number",
      "ends",
      "requests",
    ]);
    expect((await ends()).get(record.id)).toEqual([end]);
    expect((await store.list({})).map(({ version }) => version)).toEqual([3]);
    const aside = await redis.client.keys(redis.keys.auditAside("*").replace("{", "\\{"));
    expect(aside).toHaveLength(1);
  });

  it("in the place of a request is that request's problem alone", async () => {
    const record = await created();
    const other = await created({ id: "EG-00002" });
    await redis.client.del(redis.keys.request(record.id));
    await redis.client.hset(redis.keys.request(record.id), "a", "b");

    await expect(store.update(record, { patch: {}, audit: byWorker })).rejects.toMatchObject({
      code: "StoreOverwritten",
    });
    expect(await store.update(other, { patch: {}, audit: byWorker })).toMatchObject({
      result: "written",
    });
    expect((await store.list({})).map(({ id }) => id)).toEqual(["EG-00002"]);
  });
});
