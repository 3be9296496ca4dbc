import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { connectRedis, type RedisConnection } from "#src/adapters/redis/connection.ts";
import { createIntake } from "#src/adapters/redis/intake.ts";
import { createLaneStore } from "#src/adapters/redis/lane-store.ts";
import { createSurfaceStore } from "#src/adapters/redis/surface-store.ts";
import type { Signed } from "#src/domain/request/signature.ts";
import type { IntakeItem } from "#src/ports/intake.ts";
import { signItem } from "#src/slack/intake/judge-item.ts";
import { aKeyring } from "#test/support/signed-request.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";

const keyring = aKeyring();

let server: TestRedis;
let redis: RedisConnection;

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  const instance = `test-${randomUUID()}`;
  redis = await connectRedis({ url: server.url, instance, commandTimeoutMs: 2_000 });
});
afterEach(() => redis.close());

function laneStore(on: RedisConnection, signer = keyring.workerRecord) {
  const verifier = { verify: keyring.verifiers.record };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return createLaneStore({ redis: on, signer, verifier, log });
}

function anItem(id: string, receivedAt: number): Signed<IntakeItem> {
  const item = { id, kind: "event" as const, receivedAt, body: { event: { text: "allow" } } };
  return signItem(keyring.botRecord, item);
}

describe("the intake", () => {
  it("records what Slack delivered once, also when it is delivered twice at once", async () => {
    const intake = createIntake(redis);

    const recorded = await Promise.all([
      intake.record(anItem("Ev1", 1)),
      intake.record(anItem("Ev1", 2)),
      intake.record(anItem("Ev1", 3)),
    ]);

    expect(recorded.filter(Boolean)).toHaveLength(1);
    const stored = await intake.get("Ev1");
    expect([1, 2, 3].map((at) => anItem("Ev1", at))).toContainEqual(stored);
    expect(await intake.pending()).toEqual(["Ev1"]);
  });

  it("gives what is not done, oldest first, and knows for a week what was", async () => {
    const intake = createIntake(redis);
    for (const [id, at] of [
      ["Ev3", 30],
      ["Ev1", 10],
      ["Ev2", 20],
    ] as const) {
      await intake.record(anItem(id, at));
    }

    await intake.done("Ev1");

    expect(await intake.pending()).toEqual(["Ev2", "Ev3"]);
    expect(await intake.record(anItem("Ev1", 40))).toBe(false);
    const left = await redis.client.pttl(redis.keys.intakeItem("Ev1"));
    expect(Math.round(left / 3_600_000)).toBe(7 * 24);
    expect(await redis.client.pttl(redis.keys.intakeItem("Ev2"))).toBe(-1);
    expect(await intake.get("Ev9")).toBeUndefined();
  });

  it.each(["{", "[]", JSON.stringify({ id: "Ev1", kind: "event", receivedAt: 1, body: {} })])(
    "says so where an item is no signed one: %s",
    async (text) => {
      await redis.client.set(redis.keys.intakeItem("Ev1"), text);

      await expect(createIntake(redis).get("Ev1")).rejects.toMatchObject({
        code: "StoreOverwritten",
      });
    },
  );
});

describe("the lane store", () => {
  it("keeps a small document until it is removed", async () => {
    const lanes = laneStore(redis);

    await lanes.write("gateways/prod-1", { operation: "https://arm/op/1", since: 1 });
    expect(await lanes.read("gateways/prod-1")).toEqual({
      operation: "https://arm/op/1",
      since: 1,
    });
    await lanes.remove("gateways/prod-1");

    expect(await lanes.read("gateways/prod-1")).toBeUndefined();
  });

  it.each([
    ["is no JSON", "{"],
    ["was written by hand", '{"operation":"https://elsewhere/op/1"}'],
    [
      "claims a signature",
      '{"statement":"lane","payload":{"key":"x","value":1},"key":"k","signature":"c2ln"}',
    ],
  ])("reads nothing where a document %s", async (_what, text) => {
    await redis.client.set(redis.keys.lane("x"), text);

    expect(await laneStore(redis).read("x")).toBeUndefined();
  });

  it("reads nothing that belongs to another key, or that another process signed", async () => {
    await laneStore(redis).write("told:a", "it");
    const text = (await redis.client.get(redis.keys.lane("told:a"))) ?? "";
    await redis.client.set(redis.keys.lane("told:b"), text);
    await laneStore(redis, keyring.botRecord).write("told:c", "it");

    expect(await laneStore(redis).read("told:a")).toBe("it");
    expect(await laneStore(redis).read("told:b")).toBeUndefined();
    expect(await laneStore(redis).read("told:c")).toBeUndefined();
  });
});

describe("the surface store", () => {
  it("keeps one message for each key of a request, first intended, then posted", async () => {
    const surfaces = createSurfaceStore(redis);
    const card = { key: "card", channel: "C1", threadTs: undefined, ts: undefined, shown: "a1" };

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
});

describe("two instances in one Redis", () => {
  it("never see each other's data", async () => {
    const other = await connectRedis({
      url: server.url,
      instance: `test-${randomUUID()}`,
      commandTimeoutMs: 2_000,
    });
    await createIntake(redis).record(anItem("Ev1", 1));
    await laneStore(redis).write("x", 1);

    expect(await createIntake(other).pending()).toEqual([]);
    expect(await laneStore(other).read("x")).toBeUndefined();
    await other.close();
  });
});
