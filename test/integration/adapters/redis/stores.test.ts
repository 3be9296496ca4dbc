import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { createLaneStore } from "#src/adapters/redis/lane-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import type { IntakeItem } from "#src/ports/chat/intake.ts";
import { connect, type Stores, storesOver } from "#test/support/redis-stores.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { aKeyring, NINE } from "#test/support/signed-request.ts";

const keys = aKeyring();
const thief = aKeyring();

let server: TestRedis;
let redis: RedisConnection;
let stores: Stores;

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  redis = await connect(server.url, `test-${randomUUID()}`);
  stores = storesOver(redis, keys);
});
afterEach(() => redis.close());

function anItem(id: string, receivedAt: number, text = "allow"): IntakeItem {
  return { id, kind: "event", receivedAt, body: { event: { text } } };
}

describe("the bots' heartbeat", () => {
  it("is the newest one a bot signed; nobody else's is heard", async () => {
    const { heartbeats } = stores;
    expect(await heartbeats.newest()).toBeUndefined();
    await heartbeats.beat({ at: NINE, configDigest: "d1" });
    await heartbeats.beat({ at: NINE + 1, configDigest: "d2" });
    expect(await heartbeats.newest()).toEqual({ at: NINE + 1, configDigest: "d2" });

    for (const signer of [thief.bot, keys.worker, keys.decision]) {
      const { envelope } = signer.sign("record", {
        name: "heartbeat:bot",
        value: { at: NINE + 2, configDigest: "d1" },
      });
      await redis.client.set(redis.keys.heartbeat, JSON.stringify(envelope));
      expect(await heartbeats.newest()).toBeUndefined();
    }
  });
});

describe("the intake", () => {
  it("records what Slack delivered once, also when it is delivered twice at once", async () => {
    const items = [anItem("Ev1", 1), anItem("Ev1", 2), anItem("Ev1", 3)];

    const recorded = await Promise.all(items.map((item) => stores.intake.record(item)));

    expect(recorded.filter(Boolean)).toHaveLength(1);
    expect(items).toContainEqual(await stores.intake.get("Ev1"));
    expect(await stores.intake.pending()).toEqual(["Ev1"]);
  });

  it.each(["event", "command", "line"] as const)(
    "gives a %s back as it was stored",
    async (kind) => {
      const item = { ...anItem("Ev1", 1, "allow a.example.com:443 because “ü”"), kind };
      await stores.intake.record(item);

      expect(await stores.intake.get("Ev1")).toEqual(item);
    },
  );

  it("gives what is not done, oldest first, and knows for a week what was", async () => {
    const { intake } = stores;
    for (const [id, at] of [
      ["Ev3", 30],
      ["Ev1", 10],
      ["Ev2", 20],
    ] as const)
      await intake.record(anItem(id, at));

    await intake.done("Ev1");

    expect(await intake.pending()).toEqual(["Ev2", "Ev3"]);
    expect(await intake.record(anItem("Ev1", 40))).toBe(false);
    const left = await redis.client.pttl(redis.keys.intakeItem("Ev1"));
    expect(Math.round(left / 3_600_000)).toBe(7 * 24);
    expect(await redis.client.pttl(redis.keys.intakeItem("Ev2"))).toBe(-1);
    expect(await intake.get("Ev9")).toBeUndefined();
  });

  it("keeps what a person typed, half a surrogate pair as U+FFFD", async () => {
    await stores.intake.record(anItem("Ev1", 1, "allow C:\\udp \u{1F6AA} \ud83d"));

    const { body } = (await stores.intake.get("Ev1")) ?? {};
    expect(body).toEqual({ event: { text: "allow C:\\udp \u{1F6AA} \ufffd" } });
  });

  it("says so where an item is not the bot's own under this very id", async () => {
    const { intake } = stores;
    await intake.record(anItem("Ev1", 1));
    const genuine = (await redis.client.get(redis.keys.intakeItem("Ev1"))) ?? "";
    const byWorker = keys.worker.sign("record", { name: "intake:Ev2", value: anItem("Ev2", 1) });
    const forged = thief.bot.sign("record", { name: "intake:Ev3", value: anItem("Ev3", 1) });
    await redis.client.set(redis.keys.intakeItem("Ev2"), JSON.stringify(byWorker.envelope));
    await redis.client.set(redis.keys.intakeItem("Ev3"), JSON.stringify(forged.envelope));
    await redis.client.set(redis.keys.intakeItem("Ev4"), genuine);
    await redis.client.set(redis.keys.intakeItem("Ev5"), JSON.stringify(anItem("Ev5", 1)));

    for (const id of ["Ev2", "Ev3", "Ev4", "Ev5"])
      await expect(intake.get(id)).rejects.toMatchObject({ code: "StoreOverwritten" });
    expect(await intake.get("Ev1")).toEqual(anItem("Ev1", 1));
  });
});

describe("the lane store", () => {
  it("keeps a small document until it is removed", async () => {
    const { lanes, boards } = stores;

    await lanes.write("board:prod-1", { cluster: "prod-1", at: NINE });
    expect(await boards.read("board:prod-1")).toEqual({ cluster: "prod-1", at: NINE });
    await lanes.remove("board:prod-1");

    expect(await boards.read("board:prod-1")).toBeUndefined();
    expect(stores.told).toEqual([]);
  });

  it("reads nothing that belongs to another key, or that another process signed, and tells", async () => {
    const { lanes, told } = stores;
    await lanes.write("told:a", "it");
    const text = (await redis.client.get(redis.keys.lane("told:a"))) ?? "";
    await redis.client.set(redis.keys.lane("told:b"), text);
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const bots = { redis, trust: keys.trust, clock: { now: () => NINE }, log, signer: keys.bot };
    await createLaneStore(bots).write("told:c", "it");

    expect(await lanes.read("told:a")).toBe("it");
    expect(await lanes.read("told:b")).toBeUndefined();
    expect(await lanes.read("told:c")).toBeUndefined();
    expect(told).toHaveLength(2);
  });
});

describe("the surface store", () => {
  const card = { key: "card", channel: "C1", threadTs: undefined, ts: undefined, shown: "a1" };

  it("keeps one message for each key of a request, first intended, then posted", async () => {
    const { surfaces } = stores;

    await surfaces.put("EG-7QK4M", card);
    expect((await surfaces.surfaces("EG-7QK4M")).map(({ ts }) => ts)).toEqual([undefined]);
    await surfaces.put("EG-7QK4M", { ...card, ts: "1.2" });
    await surfaces.put("EG-7QK4M", { ...card, key: "progress", threadTs: "1.2" });

    expect(await surfaces.surfaces("EG-7QK4M")).toMatchObject([
      { key: "card", ts: "1.2" },
      { key: "progress", threadTs: "1.2" },
    ]);
    expect(await surfaces.surfaces("EG-00000")).toEqual([]);
  });

  it("believes bot and worker, and leaves out what stands elsewhere than it was written for", async () => {
    const { surfaces, told } = stores;
    await surfaces.put("EG-7QK4M", card);
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const bots = { redis, trust: keys.trust, clock: { now: () => NINE }, log, signer: keys.bot };
    await createSurfaceStore(bots).put("EG-7QK4M", { ...card, key: "mirror" });
    const text = (await redis.client.hget(redis.keys.surfaces("EG-7QK4M"), "card")) ?? "";
    await redis.client.hset(redis.keys.surfaces("EG-7QK4M"), "progress", text);
    await redis.client.hset(redis.keys.surfaces("EG-00002"), "card", text);

    expect((await surfaces.surfaces("EG-7QK4M")).map(({ key }) => key)).toEqual(["card", "mirror"]);
    expect(await surfaces.surfaces("EG-00002")).toEqual([]);
    expect(told).toHaveLength(2);
  });
});

describe("two instances in one Redis", () => {
  it("never see each other's data", async () => {
    const connection = await connect(server.url, `test-${randomUUID()}`);
    const other = storesOver(connection, keys);
    await stores.intake.record(anItem("Ev1", 1));
    await stores.lanes.write("x", 1);

    expect(await other.intake.pending()).toEqual([]);
    expect(await other.lanes.read("x")).toBeUndefined();
    await connection.close();
  });
});
