import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { RedisConnection } from "#src/adapters/redis/connection.ts";
import { eventually } from "#test/support/eventually.ts";
import { connect, type Stores, storesOver } from "#test/support/redis-stores.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { aKeyring, NINE } from "#test/support/signed-request.ts";
import { type Disk, diskBefore } from "./wait-aof.ts";

const keys = aKeyring();

let server: TestRedis;
let disk: Disk;
let redis: RedisConnection;
let stores: Stores;

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(async () => {
  disk = await diskBefore(server.url);
  redis = await connect(disk.url, `test-${randomUUID()}`);
  stores = storesOver(redis, keys);
});
afterEach(async () => {
  await redis.close();
  await disk[Symbol.asyncDispose]();
});

function anItem(id: string) {
  return { id, kind: "event", receivedAt: NINE, body: {} } as const;
}

describe("what Slack delivered", () => {
  it("is recorded only when it is on disk, and nothing else waits for that", async () => {
    disk.answers("later");
    const order: string[] = [];
    async function recording(): Promise<void> {
      order.push(`recorded: ${await stores.intake.record(anItem("Ev1"))}`);
    }
    const recorded = recording();
    await eventually(() => expect(disk.waits()).toBe(1));

    await stores.lanes.write("x", 1);
    order.push(`read: ${JSON.stringify(await stores.lanes.read("x"))}`);
    disk.flush();
    await recorded;

    expect(order).toEqual(["read: 1", "recorded: true"]);
  });

  it("meanwhile shares the next wait", async () => {
    disk.answers("later");
    const first = stores.intake.record(anItem("Ev1"));
    await eventually(() => expect(disk.waits()).toBe(1));
    const others = ["Ev2", "Ev3", "Ev4"].map((id) => stores.intake.record(anItem(id)));
    await redis.client.ping();
    disk.answers("on-disk");
    disk.flush();

    expect(await Promise.all([first, ...others])).toEqual([true, true, true, true]);
    expect(disk.waits()).toBe(2);
  });

  it("that did not reach the disk in time is not recorded, and may come again", async () => {
    disk.answers("timed-out");

    await expect(stores.intake.record(anItem("Ev1"))).rejects.toMatchObject({
      name: "RetryableError",
    });
    expect(await stores.intake.pending()).toEqual([]);
    expect(await stores.intake.get("Ev1")).toBeUndefined();
    disk.answers("on-disk");

    expect(await stores.intake.record(anItem("Ev1"))).toBe(true);
  });

  it("that came again and did not reach the disk stays what it was", async () => {
    await stores.intake.record(anItem("Ev1"));
    disk.answers("timed-out");

    await expect(stores.intake.record(anItem("Ev1"))).rejects.toMatchObject({
      name: "RetryableError",
    });
    expect(await stores.intake.pending()).toEqual(["Ev1"]);
  });

  it("is recorded at once by a Redis that does not know of its disk", async () => {
    const plain = await connect(server.url, `test-${randomUUID()}`);

    expect(await storesOver(plain, keys).intake.record(anItem("Ev1"))).toBe(true);
    await plain.close();
  });
});
