import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { eventually } from "#test/support/eventually.ts";
import { DONE, every, gated, jobQueueOn, openQueues, type Queues } from "./queues.ts";

let server: TestRedis;
let queues: Queues;

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());
beforeEach(() => {
  queues = openQueues(server.url);
});
afterEach(async () => {
  await queues[Symbol.asyncDispose]();
});

describe("over all processes, one at a time:", () => {
  it("the sweep, which comes again and again, however often it is set up", async () => {
    const { jobs, prefix, work } = queues;
    const other = jobQueueOn({ url: server.url, commandTimeoutMs: 1_000 }, prefix);
    const seen = { runs: 0, atOnce: 0, most: 0 };
    async function sweep() {
      seen.runs += 1;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise((resolve) => setTimeout(resolve, 120));
      seen.atOnce -= 1;
      return DONE;
    }
    work(sweep, { kind: "sweep" });
    work(sweep, { kind: "sweep" });

    await jobs.setUp(every(50));
    await other.setUp(every(50));

    await eventually(() => expect(seen.runs).toBeGreaterThanOrEqual(4));
    await other.close();
    expect(seen.most).toBe(1);
  });

  it("admissions of any requests, so that none is judged without the one before it", async () => {
    const { jobs, work, counts } = queues;
    const { seen, release, process } = gated();
    await jobs.setUp(every(60_000));
    work(process, { kind: "admit" });
    work(process, { kind: "admit" });

    for (const requestId of ["EG-00001", "EG-00002", "EG-00003"])
      await jobs.add({ kind: "admit", requestId });
    for (const run of [1, 2, 3]) {
      await eventually(() => expect(seen.runs).toBe(run));
      expect(await counts("admit")).toMatchObject({ active: 1, waiting: 3 - run });
      release();
    }

    await eventually(async () => expect((await counts("admit"))["completed"]).toBe(3));
    expect(seen.most).toBe(1);
  });
});
