import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import type { ClosableJobQueue } from "#src/adapters/bullmq/job-queue.ts";
import { startWorker, type RunningWorker } from "#src/adapters/bullmq/worker.ts";
import type { Job } from "#src/ports/store/job-queue.ts";
import { eventually } from "#test/support/eventually.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { every, jobQueueOn } from "./queues.ts";

const TIMEOUT_MS = 300;

let server: TestRedis;
let prefix: string;
let jobs: ClosableJobQueue;
let workers: RunningWorker[];
let ran: Job[];

beforeAll(async () => {
  server = await startRedis({ ownServer: true });
}, 120_000);
afterAll(() => server.stop());

beforeEach(() => {
  prefix = `{test-${randomUUID()}}:bull`;
  jobs = jobQueueOn({ url: server.url, commandTimeoutMs: TIMEOUT_MS }, prefix);
  workers = [];
  ran = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await jobs.close();
});

function work(kind: "plan" | "sweep"): void {
  workers.push(
    startWorker({
      connection: { url: server.url },
      prefix,
      kind,
      concurrency: 1,
      lockMs: 1_000,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      process: async (job) => {
        ran.push(job);
        return { kind: "done" };
      },
    }),
  );
}

function plan(requestId: string): Job {
  return { kind: "plan", requestId };
}

/** While nobody answers: whoever waits longer than its time-out waits for ever, and so does the test. */
async function refused(adding: Promise<void>): Promise<void> {
  await expect(adding).rejects.toMatchObject({ name: "RetryableError" });
}

describe("while Redis does not answer", () => {
  it("an add is refused within the time-out, and works again afterwards", async () => {
    await jobs.add(plan("EG-00001"));

    server.pause();
    await refused(jobs.add(plan("EG-00002")));
    server.resume();

    await eventually(() => jobs.add(plan("EG-00003")));
    work("plan");
    await eventually(() => expect(ran).toContainEqual(plan("EG-00003")));
  });

  it("an add to a queue never used before is refused in time, and works again afterwards", async () => {
    await jobs.add(plan("EG-00001"));

    server.pause();
    await refused(jobs.add({ kind: "mesh", cluster: "prod-1" }));
    server.resume();

    await eventually(() => jobs.add({ kind: "mesh", cluster: "prod-1" }));
  });
});

describe("while Redis is away", () => {
  it("an add is refused in time, also before there ever was a connection", async () => {
    await jobs.add(plan("EG-00001"));
    await server.kill();
    const late = jobQueueOn({ url: server.url, commandTimeoutMs: TIMEOUT_MS }, prefix);

    await refused(jobs.add(plan("EG-00002")));
    await refused(late.add(plan("EG-00003")));
    await server.restart();

    await eventually(() => jobs.add(plan("EG-00004")));
    await eventually(() => late.add(plan("EG-00005")));
    await late.close();
  });

  it("workers wait, and go on with what was queued when it is back", async () => {
    await jobs.add(plan("EG-00001"));
    work("plan");
    await eventually(() => expect(ran).toHaveLength(1));

    await server.restart();
    await eventually(() => jobs.add(plan("EG-00002")));

    await eventually(() => expect(ran).toEqual([plan("EG-00001"), plan("EG-00002")]));
  });

  it("what was acknowledged is still queued after a kill", async () => {
    await jobs.add(plan("EG-00001"));

    await server.kill();
    await server.restart();
    work("plan");

    await eventually(() => expect(ran).toEqual([plan("EG-00001")]));
  });
});

describe("when Redis came back without its data", () => {
  it("the sweep is scheduled again", async () => {
    work("sweep");
    await eventually(() => jobs.setUp(every(100)));
    await eventually(() => expect(ran.length).toBeGreaterThan(1));

    await server.replaceWithEmpty();
    const before = ran.length;

    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2));
  });
});

describe("where somebody wrote into Redis past us", () => {
  it("a queue that was paused runs again, and it is told which", async () => {
    const told: string[] = [];
    work("plan");
    jobs.onRepaired((name, was) => told.push(`${name} was ${was}`));
    await jobs.setUp({ ...every(100), queues: ["plan"] });

    const client = new Redis(server.url);
    await client.hset(`${prefix}:plan:meta`, "paused", "1");
    client.disconnect();
    await jobs.add(plan("EG-00001"));

    await eventually(() => expect(ran).toEqual([plan("EG-00001")]));
    expect(told).toEqual(["plan was paused"]);
  });

  it("a sweep whose schedule was taken away comes again", async () => {
    work("sweep");
    await eventually(() => jobs.setUp(every(100)));
    await eventually(() => expect(ran.length).toBeGreaterThan(1));

    const client = new Redis(server.url);
    await client.del(await client.keys(`${prefix}:sweep:*`));
    client.disconnect();
    const before = ran.length;

    await eventually(() => expect(ran.length).toBeGreaterThan(before + 2));
  });
});
