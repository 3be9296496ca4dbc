import { Queue, type JobsOptions } from "bullmq";
import type { Redis } from "ioredis";
import { RetryableError } from "#src/ports/errors.ts";
import type { Job, JobQueue } from "#src/ports/store/job-queue.ts";
import { createRepairs, type Repairs, type TellRepaired } from "./damage.ts";
import { deduplicationId, queueNameOf } from "./job.ts";
import { attemptsOf } from "./retry.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

export interface JobQueueSettings {
  /** One that fails fast; closed with the queues. */
  readonly client: Redis;
  /** `add` is rejected after this where Redis does not answer. */
  readonly commandTimeoutMs: number;
  /** What every key of BullMQ starts with; shares its hash tag with the store's keys. */
  readonly prefix: string;
  /** Told when the connection fails; it is made again by itself. */
  readonly onError?: (error: unknown) => void;
}

export interface SetUp {
  readonly sweepEveryMs: number;
  /** Names of the queues that run. */
  readonly queues: readonly string[];
}

export interface ClosableJobQueue extends JobQueue {
  /**
   * From now on, for all processes together: a sweep every so often, and sweeps and admissions one at a time. Set up again
   * with each sweep, and when Redis comes back: it may have lost its data, or somebody may have paused a queue or taken
   * the schedule away.
   */
  setUp(how: SetUp): Promise<void>;
  /** Called from now on whenever a queue was found paused, or damaged and emptied. */
  onRepaired(tell: TellRepaired): void;
  /** Repairs a queue whose worker met this error, where the error says that it is damaged. */
  lookInto(name: string, error: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Producers of all queues over one connection. */
export function createJobQueue({
  client,
  commandTimeoutMs,
  prefix,
  onError = () => {},
}: JobQueueSettings): ClosableJobQueue {
  const repairs = createRepairs(client, prefix);
  const queues = new Map<string, Queue>();

  function queueNamed(name: string): Queue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, { connection: client, prefix });
    queue.on("error", onError);
    queues.set(name, queue);
    return queue;
  }

  async function onQueue(name: string, work: (queue: Queue) => Promise<unknown>): Promise<void> {
    const queue = queueNamed(name);
    try {
      await within(commandTimeoutMs, work(queue));
    } catch (cause) {
      if (await repairs.after(name, cause).catch(() => false)) return onQueue(name, work);
      // A queue whose first commands failed stays broken: the next call starts with a new one.
      queues.delete(name);
      queue.close().catch(onError);
      throw new RetryableError(`adding to queue ${name}`, { cause });
    }
  }

  async function addTo(job: Job, options: JobsOptions): Promise<void> {
    await onQueue(queueNameOf(job), (queue) => queue.add(job.kind, job, options));
  }

  let repeating: NodeJS.Timeout | undefined;

  return {
    add: (job) => addTo(job, { ...optionsOf(job), deduplication: replacing(job) }),
    ensure: (job) => addTo(job, { ...optionsOf(job), deduplication: { id: deduplicationId(job) } }),
    async setUp(how) {
      function again(): void {
        prepare(onQueue, how, repairs).catch(onError);
      }
      client.on("ready", again);
      repeating = setInterval(again, how.sweepEveryMs);
      await prepare(onQueue, how, repairs);
    },
    onRepaired(tell) {
      repairs.tell = tell;
    },
    async lookInto(name, error) {
      await repairs.after(name, error).catch(onError);
    },
    async close() {
      clearInterval(repeating);
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      client.disconnect();
    },
  };
}

type OnQueue = (name: string, work: (queue: Queue) => Promise<unknown>) => Promise<void>;

async function prepare(
  onQueue: OnQueue,
  { sweepEveryMs, queues }: SetUp,
  repairs: Repairs,
): Promise<void> {
  // Each looks at what the others got: two at once could both get what only one of them may have.
  await onQueue("admit", (queue) => queue.setGlobalConcurrency(1));
  // Looks at all of them, in the time and with the errors that work on one of them has.
  await onQueue("sweep", () => repairs.tooHeavy(queues));
  await onQueue("sweep", async (queue) => {
    // A run that lasts longer than the interval must not meet the next one.
    await queue.setGlobalConcurrency(1);
    const template = { name: "sweep", data: { kind: "sweep" }, opts: KEPT };
    await queue.upsertJobScheduler("sweep", { every: sweepEveryMs }, template);
  });
  for (const name of queues)
    await onQueue(name, async (queue) => {
      // None of us pauses one.
      if (!(await queue.isPaused())) return;
      await queue.resume();
      repairs.tell(name, "paused");
    });
}

const KEPT: JobsOptions = {
  removeOnComplete: { age: HOUR_S, count: 1_000 },
  removeOnFail: { age: 7 * DAY_S, count: 1_000 },
};

function optionsOf(job: Job): JobsOptions {
  return { ...KEPT, attempts: attemptsOf(job.kind), backoff: { type: "custom" } };
}

/** One more is kept for after an active one; one that is parked or waits for a retry runs at once. */
function replacing(job: Job): NonNullable<JobsOptions["deduplication"]> {
  return { id: deduplicationId(job), keepLastIfActive: true, reschedule: true };
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
