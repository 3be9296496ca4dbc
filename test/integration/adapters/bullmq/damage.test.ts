import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { RetryableError } from "#src/ports/errors.ts";
import { eventually } from "#test/support/eventually.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { DONE, HOUR, openQueues, type Queues } from "./queues.ts";

/* Somebody writes into the keys of a job queue: what is asked for afterwards is done, whatever they wrote. */

const done = { kind: "plan", requestId: "EG-00001" } as const;
const failing = { kind: "plan", requestId: "EG-00002" } as const;
const parked = { kind: "plan", requestId: "EG-00003" } as const;

let server: TestRedis;
let client: Redis;
let ran: string[];
let told: string[];

beforeAll(async () => {
  server = await startRedis({ ownServer: true });
  client = new Redis(server.url);
}, 120_000);
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(() => {
  ran = [];
  told = [];
});

/** A queue with jobs that are done, parked and to be tried again; as its worker leaves it. */
async function seeded(): Promise<Queues> {
  const queues = openQueues(server.url);
  queues.jobs.onRepaired((name, was) => told.push(`${name} was ${was}`));
  queues.work(
    async (job) => {
      if (!("requestId" in job)) return DONE;
      ran.push(job.requestId);
      if (job.requestId === failing.requestId)
        throw new RetryableError("trying", { retryAfterMs: 60_000 });
      return job.requestId === parked.requestId ? { kind: "park", ms: 60_000 } : DONE;
    },
    { kind: "plan" },
  );
  for (const job of [done, failing, parked]) await queues.jobs.add(job);
  await eventually(async () =>
    expect(await queues.counts("plan")).toMatchObject({ completed: 1, delayed: 2 }),
  );
  return queues;
}

/** What its keys are called, after its prefix. */
async function placesOf(): Promise<readonly string[]> {
  await using queues = await seeded();
  const keys = await client.keys(`${queues.prefix}:plan:*`);
  return keys.map((key) => key.slice(queues.prefix.length)).toSorted();
}

const DAMAGES: readonly (readonly [string, (key: string) => Promise<unknown>])[] = [
  [
    "of another type",
    async (key) =>
      (await client.type(key)) === "string"
        ? client.multi().del(key).rpush(key, "x").exec()
        : client.set(key, "x"),
  ],
  ["junk", junk],
  ["missing", (key) => client.del(key)],
  ["all of them gone", async () => client.flushall()],
];

async function junk(key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case "string":
      return client.set(key, "junk");
    case "hash":
      for (const field of await client.hkeys(key)) await client.hset(key, field, "{");
      return undefined;
    case "zset":
      return client.zadd(key, 0, "999");
    case "list":
      return client.lpush(key, "999");
    default:
      return undefined;
  }
}

describe("a job that is asked for runs, although a key of its queue is", () => {
  it.each(DAMAGES)(
    "%s",
    async (what, damage) => {
      const places = await placesOf();
      expect(places.length).toBeGreaterThan(8);
      for (const place of places) {
        await client.flushall();
        await using queues = await seeded();
        ran = [];

        await damage(`${queues.prefix}${place}`);
        await eventually(async () => {
          await queues.jobs.ensure(done);
          expect({ what, place, ran }).toMatchObject({
            ran: expect.arrayContaining([done.requestId]),
          });
        });
      }
    },
    120_000,
  );

  it("and who looks after the queue is told when it had to be emptied", async () => {
    await using queues = await seeded();
    await client.set(`${queues.prefix}:plan:events`, "x");

    await eventually(async () => {
      await queues.jobs.ensure(done);
      expect(told).toEqual(["plan was damaged"]);
    });
  });
});

const HUGE = "x".repeat(20 * 1024 * 1024);

/** Puts something far too long into a key, as its type allows. */
async function swell(key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case "hash":
      return client.hset(key, "data", HUGE);
    case "zset":
      return client.zadd(key, 0, HUGE);
    case "list":
      return client.lpush(key, HUGE);
    case "stream":
      return client.xadd(key, "*", "event", HUGE);
    default:
      return client.set(key, HUGE);
  }
}

describe("what a process would have no memory for", () => {
  it("is gone before any process reads the queue, whichever key holds it", async () => {
    const places = await placesOf();
    for (const place of places) {
      await client.flushall();
      told = [];
      {
        await using queues = await seeded();
        await queues.stopWorkers();
        await swell(`${queues.prefix}${place}`);
        await queues.jobs.setUp({ sweepEveryMs: HOUR, queues: ["plan"] });

        expect({ place, told }).toEqual({ place, told: ["plan was damaged"] });
        expect(await client.keys(`${queues.prefix}:plan:*`)).not.toContain(
          `${queues.prefix}${place}`,
        );
      }
    }
  }, 120_000);

  it("is nothing of what a queue holds by itself", async () => {
    await using queues = await seeded();
    await queues.jobs.setUp({ sweepEveryMs: HOUR, queues: ["plan"] });

    expect(told).toEqual([]);
    expect(await queues.counts("plan")).toMatchObject({ completed: 1, delayed: 2 });
  });
});
