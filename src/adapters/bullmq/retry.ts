import { backOffMs } from "#src/domain/time/back-off.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { JobKind } from "#src/ports/store/job-queue.ts";

const LONGEST_DELAY_MS = 60_000;

/** A lane never gives up; another job that failed for so long is added again by the sweep where it is still needed. */
export function attemptsOf(kind: JobKind): number {
  return kind === "gateways" || kind === "mesh" ? 1_000_000 : 20;
}

/** Milliseconds before attempt `attemptsMade + 1`, as `backOffMs`. */
export function retryDelayMs(attemptsMade: number, error: unknown, random: number): number {
  const askedMs = error instanceof RetryableError ? error.retryAfterMs : undefined;
  return backOffMs(attemptsMade, { askedMs, longestMs: LONGEST_DELAY_MS, random });
}
