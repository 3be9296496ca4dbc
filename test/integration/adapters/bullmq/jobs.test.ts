import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Queue } from "bullmq";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Job } from "#src/ports/store/job-queue.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { eventually } from "#test/support/eventually.ts";
import { DONE, gated, HOUR, mesh, openQueues, type Queues } from "./queues.ts";

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

describe("a job", () => {
  it("added many times while it waits runs once", async () => {
    for (let time = 0; time < 5; time += 1) await queues.jobs.add(mesh);
    const runs: Job[] = [];
    queues.work(async (job) => {
      runs.push(job);
      return DONE;
    });

    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));

    expect(runs).toEqual([mesh]);
    expect(await queues.counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  });

  it("added many times while it runs, runs exactly once more, and never beside itself", async () => {
    const { seen, release, process } = gated();
    queues.work(process);
    queues.work(process);
    await queues.jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    for (let time = 0; time < 5; time += 1) await queues.jobs.add(mesh);
    release();
    await eventually(() => expect(seen.runs).toBe(2));
    release();
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(2));

    expect(seen).toEqual({ runs: 2, atOnce: 0, most: 1 });
    expect(await queues.counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  });

  it("of another cluster or request is another job", async () => {
    await queues.jobs.add({ kind: "plan", requestId: "EG-00001" });
    await queues.jobs.add({ kind: "plan", requestId: "EG-00002" });
    await queues.jobs.add({ kind: "mesh", cluster: "test-1" });

    expect(await queues.counts("plan")).toMatchObject({ waiting: 2 });
    expect(await queues.counts("mesh-test-1")).toMatchObject({ waiting: 1 });
    expect(await queues.counts()).toMatchObject({ waiting: 0 });
  });

  it("parks without spending an attempt and comes back by itself", async () => {
    let runs = 0;
    queues.work(async () => {
      runs += 1;
      return runs < 4 ? { kind: "park", ms: 20 } : DONE;
    });

    await queues.jobs.add(mesh);
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));

    expect(runs).toBe(4);
    expect(queues.logged).toEqual([]);
  });

  it("added while it is parked runs at once, and is still one job", async () => {
    let runs = 0;
    queues.work(async () => {
      runs += 1;
      return runs === 1 ? { kind: "park", ms: HOUR } : DONE;
    });
    await queues.jobs.add(mesh);
    await eventually(async () => expect((await queues.counts())["delayed"]).toBe(1));

    await queues.jobs.add(mesh);
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));

    expect(runs).toBe(2);
    expect(await queues.counts()).toMatchObject({ waiting: 0, delayed: 0 });
  });

  it("added while it runs is not lost when that run parks for an hour", async () => {
    const { seen, release, process } = gated((run) =>
      run === 1 ? { kind: "park", ms: HOUR } : DONE,
    );
    queues.work(process);
    await queues.jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    await queues.jobs.add(mesh);
    release();
    await eventually(() => expect(seen.runs).toBe(2));
    release();
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));

    expect(seen.most).toBe(1);
    expect(await queues.counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  });

  it("made sure of is added where it is nowhere, and leaves one that is parked or runs as it is", async () => {
    const { seen, release, process } = gated((run) =>
      run === 1 ? { kind: "park", ms: HOUR } : DONE,
    );
    queues.work(process);
    await queues.jobs.ensure(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    await queues.jobs.ensure(mesh);
    release();
    await eventually(async () => expect((await queues.counts())["delayed"]).toBe(1));
    await queues.jobs.ensure(mesh);
    expect(await queues.counts()).toMatchObject({ waiting: 0, active: 0, delayed: 1 });

    await queues.jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(2));
    release();
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));
    expect(seen.runs).toBe(2);
  });
});

describe("a job that throws", () => {
  it("a RetryableError is tried again, after the time the other side asked for", async () => {
    const runs: number[] = [];
    queues.work(async () => {
      runs.push(Date.now());
      if (runs.length < 3) throw new RetryableError("reading a thing", { retryAfterMs: 100 });
      return DONE;
    });

    await queues.jobs.add(mesh);
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));

    const waits = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(99);
    expect(queues.logged).toEqual(["warn job will be tried again", "warn job will be tried again"]);
  });

  it.each([
    ["a FatalError", new FatalError("Forbidden", "reading a thing"), "Forbidden"],
    ["anything else", new TypeError("undefined is not a function"), "Bug"],
  ])("%s is not tried again, and can be added anew", async (_name, error, code) => {
    let runs = 0;
    queues.work(async () => {
      runs += 1;
      if (runs === 1) throw error;
      return DONE;
    });

    await queues.jobs.add(mesh);
    await eventually(async () => expect((await queues.counts())["failed"]).toBe(1));
    await queues.jobs.add(mesh);
    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));

    expect(runs).toBe(2);
    expect(queues.logged).toEqual([`error job failed ${code}`]);
  });
});

describe("a worker", () => {
  it("that stops hands its job back at once, and another goes on with it", async () => {
    const started = Promise.withResolvers<void>();
    const first = queues.work(async (_job, signal) => {
      started.resolve();
      await once(signal, "abort");
      throw new RetryableError("stopping at a safe point");
    });
    await queues.jobs.add(mesh);
    await started.promise;

    await first.close();
    expect(await queues.counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
    queues.work(async () => DONE);

    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1));
    expect(queues.logged).toEqual([]);
  });

  it("that stops lets a job finish which does not listen", async () => {
    const { seen, release, process } = gated();
    const worker = queues.work(process);
    await queues.jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    const closed = worker.close();
    release();
    await closed;

    expect(await queues.counts()).toMatchObject({ completed: 1, waiting: 0 });
  });

  it("killed in the middle of a job leaves it to another, which runs it again", async () => {
    const file = path.join(import.meta.dirname, "child-worker.ts");
    const child = fork(file, [server.url, queues.prefix], { execArgv: [], stdio: "ignore" });
    await queues.jobs.add(mesh);
    await once(child, "message");

    child.kill("SIGKILL");
    await once(child, "exit");
    queues.work(async () => DONE);

    await eventually(async () => expect((await queues.counts())["completed"]).toBe(1), 10_000);
    expect(queues.logged).toEqual(["warn job of a lost worker runs again"]);
  }, 20_000);

  it("refuses a job that is none of ours, or another queue's", async () => {
    const queue = new Queue("mesh-prod-1", {
      connection: { url: server.url },
      prefix: queues.prefix,
    });
    await queue.add("mesh", { kind: "shell", command: "rm" });
    await queue.add("admit", { kind: "admit", requestId: "EG-00001" });
    await queue.close();
    queues.work(async () => DONE);

    await eventually(async () => expect((await queues.counts())["failed"]).toBe(2));
    expect(queues.logged).toEqual(["error job failed BadJob", "error job failed BadJob"]);
  });
});
