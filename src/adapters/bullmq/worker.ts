import {
  DelayedError,
  UnrecoverableError,
  WaitingError,
  Worker,
  type Job as BullJob,
} from "bullmq";
import type { ChangeLog } from "#src/ports/change-log.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Job, JobKind } from "#src/ports/store/job-queue.ts";
import { deduplicationId, parseJob, queueName } from "./job.ts";
import { attemptsOf, retryDelayMs } from "./retry.ts";

/** What a processor says at its end; what it throws is `RetryableError` or `FatalError`. */
export type JobOutcome =
  | { readonly kind: "done" }
  /** Not yet: the same job again after so many milliseconds; no attempt is spent. */
  | { readonly kind: "park"; readonly ms: number };

export interface WorkerSettings {
  readonly connection: { readonly url: string };
  readonly prefix: string;
  readonly kind: JobKind;
  /** Of a lane. */
  readonly cluster?: string;
  /** Jobs of this process at the same time. */
  readonly concurrency: number;
  /** How long a lock lives without renewal: a killed process's job runs again after one to two of these. */
  readonly lockMs?: number;
  /** `signal` is aborted when the process stops or has lost the job's lock: stop at the next safe point and throw. */
  readonly process: (job: Job, signal: AbortSignal) => Promise<JobOutcome>;
  /** Told what Redis answered where the queue could not be read or written. */
  readonly onError?: (queue: string, error: unknown) => void;
  readonly log: ChangeLog;
}

export interface RunningWorker {
  /** Takes no more jobs, asks those that run to stop, hands back what they did not finish, and disconnects. */
  close(): Promise<void>;
}

const DEFAULT_LOCK_MS = 30_000;
/** A killed process is no fault of the job; parking counts as a start, so starts have no limit either. */
const STALLS = 1_000;

/** Runs the jobs of one queue. Waits for Redis for as long as it takes, at the start and whenever it is away. */
export function startWorker(settings: WorkerSettings): RunningWorker {
  const { kind, log, lockMs = DEFAULT_LOCK_MS } = settings;
  const name = queueName(kind, settings.cluster);
  const stop = new AbortController();
  const worker: Worker = new Worker(
    name,
    // Three parameters: BullMQ makes a signal only for a processor that takes one.
    (bullJob: BullJob, token?: string, signal?: AbortSignal) =>
      runJob({ settings, worker, token, stop: stop.signal }, bullJob, signal ?? stop.signal),
    {
      connection: { url: settings.connection.url, maxRetriesPerRequest: null },
      prefix: settings.prefix,
      concurrency: settings.concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / 2),
      maxStalledCount: STALLS,
      settings: {
        backoffStrategy: (attemptsMade, _type, error) =>
          retryDelayMs(attemptsMade, error, Math.random()),
      },
    },
  );
  worker.on("error", (error) => {
    log.warn({ queue: name, err: error }, "job queue");
    settings.onError?.(name, error);
  });
  worker.on("lockRenewalFailed", (ids) => {
    // BullMQ only tells; another worker may have the job already.
    for (const id of ids) worker.cancelJob(id, LOCK_LOST);
  });
  worker.on("stalled", (jobId) =>
    log.warn({ queue: name, jobId }, "job of a lost worker runs again"),
  );
  return {
    async close() {
      stop.abort();
      const closed = worker.close();
      worker.cancelAllJobs(STOPPING);
      await closed;
    },
  };
}

const STOPPING = "stopping";
const LOCK_LOST = "lock lost";

interface Run {
  readonly settings: WorkerSettings;
  readonly worker: Worker;
  readonly token: string | undefined;
  /** Aborted when the worker closes: a fetch already under way may still bring a job, even the one just handed back. */
  readonly stop: AbortSignal;
}

async function runJob(run: Run, bullJob: BullJob, signal: AbortSignal): Promise<void> {
  const { settings, token } = run;
  if (run.stop.aborted) return handBack(bullJob, token);
  let outcome: JobOutcome;
  try {
    const job = parseJob(bullJob.queueName, bullJob.data);
    outcome = await settings.process(job, signal);
  } catch (error) {
    if (signal.aborted) return handBack(bullJob, token);
    throw toSignal(run, bullJob, error);
  }
  if (outcome.kind === "park") await park(run, bullJob, outcome.ms);
}

/** To the front of the queue. Where the lock is lost BullMQ refuses, which is right: another worker has the job. */
async function handBack(bullJob: BullJob, token: string | undefined): Promise<never> {
  await bullJob.moveToWait(token);
  throw new WaitingError();
}

/**
 * What was asked for while the job ran is kept by BullMQ for after its end, and a parked job has not ended: so it is
 * taken up here, and the parked job runs at once. Asked after parking: from then on an add finds it parked.
 */
async function park({ worker, token }: Run, bullJob: BullJob, ms: number): Promise<never> {
  await bullJob.moveToDelayed(Date.now() + ms, token);
  const client = await worker.backend.client;
  const asked = worker.toKey(`dn:${deduplicationId(parseJob(bullJob.queueName, bullJob.data))}`);
  if ((await client.del(asked)) > 0) {
    // Not parked any more = somebody was faster.
    await bullJob.promote().catch(() => {});
  }
  throw new DelayedError();
}

/** The one place that says what an error means for a job. */
function toSignal({ settings }: Run, bullJob: BullJob, error: unknown): Error {
  const { kind, log } = settings;
  const attempt = bullJob.attemptsMade + 1;
  const fields = {
    kind,
    cluster: settings.cluster,
    job: bullJob.data as unknown,
    attempt,
    err: error,
  };
  if (error instanceof RetryableError) {
    if (attempt < attemptsOf(kind)) log.warn(fields, "job will be tried again");
    else log.error(fields, "job failed too often");
    return error;
  }
  const code = error instanceof FatalError ? error.code : "Bug";
  log.error({ ...fields, code }, "job failed");
  return new UnrecoverableError(code);
}
