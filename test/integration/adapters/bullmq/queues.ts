import { randomUUID } from "node:crypto";
import { Queue } from "bullmq";
import {
  createJobQueue,
  type ClosableJobQueue,
  type SetUp,
} from "#src/adapters/bullmq/job-queue.ts";
import { startWorker, type JobOutcome, type RunningWorker } from "#src/adapters/bullmq/worker.ts";
import { failFastClient } from "#src/adapters/redis/connection.ts";
import type { Job } from "#src/ports/store/job-queue.ts";

export const mesh: Job = { kind: "mesh", cluster: "prod-1" };
export const DONE: JobOutcome = { kind: "done" };
export const HOUR = 3_600_000;

/** A sweep every so often, and no queue to look after. */
export function every(sweepEveryMs: number): SetUp {
  return { sweepEveryMs, queues: [] };
}

export type Process = (job: Job, signal: AbortSignal) => Promise<JobOutcome>;

/** Queues of their own on a Redis that others use too, with the workers started on them. */
export interface Queues extends AsyncDisposable {
  readonly prefix: string;
  readonly jobs: ClosableJobQueue;
  /** What workers logged: level, message, and the code of an error. */
  readonly logged: readonly string[];
  work(process: Process, options?: { readonly kind?: Job["kind"] }): RunningWorker;
  counts(name?: string): Promise<Record<string, number>>;
  stopWorkers(): Promise<void>;
}

export function jobQueueOn(
  connection: { readonly url: string; readonly commandTimeoutMs: number },
  prefix: string,
): ClosableJobQueue {
  const { commandTimeoutMs } = connection;
  return createJobQueue({ client: failFastClient(connection), commandTimeoutMs, prefix });
}

export function openQueues(url: string): Queues {
  const prefix = `{test-${randomUUID()}}:bull`;
  const jobs = jobQueueOn({ url, commandTimeoutMs: 5_000 }, prefix);
  const workers: RunningWorker[] = [];
  const logged: string[] = [];
  async function stopWorkers(): Promise<void> {
    await Promise.all(workers.map((worker) => worker.close()));
  }
  return {
    prefix,
    jobs,
    logged,
    work(process, { kind = "mesh" } = {}) {
      const worker = startWorker({
        connection: { url },
        prefix,
        kind,
        ...(kind === "mesh" ? { cluster: "prod-1" } : {}),
        concurrency: 3,
        lockMs: 1_000,
        onError: (name, error) => void jobs.lookInto(name, error),
        log: {
          info: (_fields, message) => void logged.push(`info ${message}`),
          warn: (_fields, message) => void logged.push(`warn ${message}`),
          error: (fields, message) =>
            void logged.push(`error ${message} ${String(fields["code"])}`),
        },
        process,
      });
      workers.push(worker);
      return worker;
    },
    async counts(name = "mesh-prod-1") {
      const queue = new Queue(name, { connection: { url }, prefix });
      try {
        return await queue.getJobCounts("waiting", "active", "delayed", "failed", "completed");
      } finally {
        await queue.close();
      }
    },
    stopWorkers,
    async [Symbol.asyncDispose]() {
      await stopWorkers();
      await jobs.close();
    },
  };
}

/** A processor that counts its runs and waits in each until it is let go. */
export function gated(outcomes: (run: number) => JobOutcome = () => DONE) {
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
