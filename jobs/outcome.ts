import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { LaneResult } from "#src/requests/lane-ports.ts";

/**
 * What a result means for the queue: converged = done, waiting = the same job again later, no attempt spent.
 * `RetryableError` and `FatalError` are thrown on, past here: the queue's worker maps them.
 */
export function toJobOutcome(result: LaneResult): JobOutcome {
  return result.outcome === "waiting" ? { kind: "park", ms: result.retryAfterMs } : DONE;
}

export const DONE: JobOutcome = { kind: "done" };
