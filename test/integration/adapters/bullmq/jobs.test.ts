import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { Queue } from "bullmq";
import { createJobQueue, type ClosableJobQueue } from "#src/adapters/bullmq/job-queue.ts";
import { startWorker, type JobOutcome, type RunningWorker } from "#src/adapters/bullmq/worker.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Job } from "#src/ports/job-queue.ts";
import { startRedis, type TestRedis } from "#test/support/redis.ts";
import { eventually } from "#test/support/eventually.ts";

const mesh: Job = { kind: "mesh", cluster: "prod-1" };
const DONE: JobOutcome = { kind: "done" };
const HOUR = 3_600_000;

let server: TestRedis;
let prefix: string;
let jobs: ClosableJobQueue;
let workers: RunningWorker[];
let logged: string[];

beforeAll(async () => {
  server = await startRedis();
}, 120_000);
afterAll(() => server.stop());

beforeEach(() => {
  prefix = `{test-${randomUUID()}}:bull`;
  jobs = createJobQueue({ connection: { url: server.url, commandTimeoutMs: 1_000 }, prefix });
  workers = [];
  logged = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await jobs.close();
});

type Process = (job: Job, signal: AbortSignal) => Promise<JobOutcome>;

function work(process: Process, options: { readonly kind?: Job["kind"] } = {}): RunningWorker {
  const { kind = "mesh" } = options;
  const lane = kind === "mesh" ? { cluster: "prod-1" } : {};
  const worker = startWorker({
    connection: { url: server.url },
    prefix,
    kind,
    ...lane,
    concurrency: 3,
    lockMs: 1_000,
    log: {
      info: (_fields, message) => void logged.push(`info ${message}`),
      warn: (_fields, message) => void logged.push(`warn ${message}`),
      error: (fields, message) => void logged.push(`error ${message} ${String(fields["code"])}`),
    },
    process,
  });
  workers.push(worker);
  return worker;
}

/** A processor that counts its runs and waits in each until it is let go. */
function gated(outcomes: (run: number) => JobOutcome = () => DONE) {
  const gates: PromiseWithResolvers<void>[] = [];
  const seen = { runs: 0, atOnce: 0, most: 0 };
  return {
    seen,
    release: () => gates.shift()?.resolve(),
    process: async () => {
      seen.runs += 1;
      const run = seen.runs;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      seen.atOnce -= 1;
      return outcomes(run);
    },
  };
}

async function counts(name = "mesh-prod-1"): Promise<Record<string, number>> {
  const queue = new Queue(name, { connection: { url: server.url }, prefix });
  try {
    return await queue.getJobCounts("waiting", "active", "delayed", "failed", "completed");
  } finally {
    await queue.close();
  }
}

describe("a job", () => {
  it("added many times while it waits runs once", async () => {
    for (let time = 0; time < 5; time += 1) await jobs.add(mesh);
    const runs: Job[] = [];
    work(async (job) => {
      runs.push(job);
      return DONE;
    });

    await eventually(async () => expect((await counts())["completed"]).toBe(1));

    expect(runs).toEqual([mesh]);
    expect(await counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  });

  it("added many times while it runs, runs exactly once more, and never beside itself", async () => {
    const { seen, release, process } = gated();
    work(process);
    work(process);
    await jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    for (let time = 0; time < 5; time += 1) await jobs.add(mesh);
    release();
    await eventually(() => expect(seen.runs).toBe(2));
    release();
    await eventually(async () => expect((await counts())["completed"]).toBe(2));

    expect(seen).toEqual({ runs: 2, atOnce: 0, most: 1 });
    expect(await counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  });

  it("of another cluster or request is another job", async () => {
    await jobs.add({ kind: "plan", requestId: "EG-00001" });
    await jobs.add({ kind: "plan", requestId: "EG-00002" });
    await jobs.add({ kind: "mesh", cluster: "test-1" });

    expect(await counts("plan")).toMatchObject({ waiting: 2 });
    expect(await counts("mesh-test-1")).toMatchObject({ waiting: 1 });
    expect(await counts()).toMatchObject({ waiting: 0 });
  });

  it("parks without spending an attempt and comes back by itself", async () => {
    let runs = 0;
    work(async () => {
      runs += 1;
      return runs < 4 ? { kind: "park", ms: 20 } : DONE;
    });

    await jobs.add(mesh);
    await eventually(async () => expect((await counts())["completed"]).toBe(1));

    expect(runs).toBe(4);
    expect(logged).toEqual([]);
  });

  it("added while it is parked runs at once, and is still one job", async () => {
    let runs = 0;
    work(async () => {
      runs += 1;
      return runs === 1 ? { kind: "park", ms: HOUR } : DONE;
    });
    await jobs.add(mesh);
    await eventually(async () => expect((await counts())["delayed"]).toBe(1));

    await jobs.add(mesh);
    await eventually(async () => expect((await counts())["completed"]).toBe(1));

    expect(runs).toBe(2);
    expect(await counts()).toMatchObject({ waiting: 0, delayed: 0 });
  });

  it("added while it runs is not lost when that run parks for an hour", async () => {
    const { seen, release, process } = gated((run) =>
      run === 1 ? { kind: "park", ms: HOUR } : DONE,
    );
    work(process);
    await jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    await jobs.add(mesh);
    release();
    await eventually(() => expect(seen.runs).toBe(2));
    release();
    await eventually(async () => expect((await counts())["completed"]).toBe(1));

    expect(seen.most).toBe(1);
    expect(await counts()).toMatchObject({ waiting: 0, active: 0, delayed: 0 });
  });

  it("added with a delay waits for it, and an immediate add does not wait with it", async () => {
    const runs: Job[] = [];
    work(async (job) => {
      runs.push(job);
      return DONE;
    });
    await jobs.add(mesh, { delayMs: HOUR });
    expect(await counts()).toMatchObject({ delayed: 1, waiting: 0 });

    await jobs.add(mesh, { delayMs: HOUR });
    expect(await counts()).toMatchObject({ delayed: 1, waiting: 0 });
    await jobs.add(mesh);

    await eventually(() => expect(runs).toHaveLength(1));
  });
});

describe("a job that throws", () => {
  it("a RetryableError is tried again, after the time the other side asked for", async () => {
    const runs: number[] = [];
    work(async () => {
      runs.push(Date.now());
      if (runs.length < 3) throw new RetryableError("reading a thing", { retryAfterMs: 100 });
      return DONE;
    });

    await jobs.add(mesh);
    await eventually(async () => expect((await counts())["completed"]).toBe(1));

    const waits = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(99);
    expect(logged).toEqual(["warn job will be tried again", "warn job will be tried again"]);
  });

  it.each([
    ["a FatalError", new FatalError("Forbidden", "reading a thing"), "Forbidden"],
    ["anything else", new TypeError("undefined is not a function"), "Bug"],
  ])("%s is not tried again, and can be added anew", async (_name, error, code) => {
    let runs = 0;
    work(async () => {
      runs += 1;
      if (runs === 1) throw error;
      return DONE;
    });

    await jobs.add(mesh);
    await eventually(async () => expect((await counts())["failed"]).toBe(1));
    await jobs.add(mesh);
    await eventually(async () => expect((await counts())["completed"]).toBe(1));

    expect(runs).toBe(2);
    expect(logged).toEqual([`error job failed ${code}`]);
  });
});

describe("a worker", () => {
  it("that stops hands its job back at once, and another goes on with it", async () => {
    const started = Promise.withResolvers<void>();
    const first = work(async (_job, signal) => {
      started.resolve();
      await once(signal, "abort");
      throw new RetryableError("stopping at a safe point");
    });
    await jobs.add(mesh);
    await started.promise;

    await first.close();
    expect(await counts()).toMatchObject({ waiting: 1, active: 0, failed: 0 });
    work(async () => DONE);

    await eventually(async () => expect((await counts())["completed"]).toBe(1));
    expect(logged).toEqual([]);
  });

  it("that stops lets a job finish which does not listen", async () => {
    const { seen, release, process } = gated();
    const worker = work(process);
    await jobs.add(mesh);
    await eventually(() => expect(seen.runs).toBe(1));

    const closed = worker.close();
    release();
    await closed;

    expect(await counts()).toMatchObject({ completed: 1, waiting: 0 });
  });

  it("killed in the middle of a job leaves it to another, which runs it again", async () => {
    const file = path.join(import.meta.dirname, "child-worker.ts");
    const child = fork(file, [server.url, prefix], { execArgv: [], stdio: "ignore" });
    await jobs.add(mesh);
    await once(child, "message");

    child.kill("SIGKILL");
    await once(child, "exit");
    work(async () => DONE);

    await eventually(async () => expect((await counts())["completed"]).toBe(1), 10_000);
    expect(logged).toEqual(["warn job of a lost worker runs again"]);
  }, 20_000);

  it("refuses a job that is none of ours", async () => {
    const queue = new Queue("mesh-prod-1", { connection: { url: server.url }, prefix });
    await queue.add("mesh", { kind: "shell", command: "rm" });
    await queue.close();
    work(async () => DONE);

    await eventually(async () => expect((await counts())["failed"]).toBe(1));
    expect(logged).toEqual(["error job failed BadJob"]);
  });
});

describe("the sweep", () => {
  it("comes again and again, one at a time over all processes, however often it is scheduled", async () => {
    const other = createJobQueue({
      connection: { url: server.url, commandTimeoutMs: 1_000 },
      prefix,
    });
    const seen = { runs: 0, atOnce: 0, most: 0 };
    async function sweep(): Promise<JobOutcome> {
      seen.runs += 1;
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise((resolve) => setTimeout(resolve, 120));
      seen.atOnce -= 1;
      return DONE;
    }
    work(sweep, { kind: "sweep" });
    work(sweep, { kind: "sweep" });

    await jobs.scheduleSweep(50);
    await other.scheduleSweep(50);

    await eventually(() => expect(seen.runs).toBeGreaterThanOrEqual(4));
    await other.close();
    expect(seen.most).toBe(1);
  });
});
