import { RetryableError } from "#src/ports/errors.ts";
import type { JobKind } from "#src/ports/job-queue.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;

/** A lane never gives up; another job that failed for so long is added again by the sweep where it is still needed. */
export function attemptsOf(kind: JobKind): number {
  return kind === "gateways" || kind === "mesh" ? 1_000_000 : 20;
}

/**
 * Milliseconds before attempt `attemptsMade + 1`: what the other side asked for, else 0.5 s doubled each time up to
 * one minute; of either, up to a quarter more by chance, so that many do not come back at once.
 * `random` is in [0, 1).
 */
export function retryDelayMs(attemptsMade: number, error: unknown, random: number): number {
  const asked = error instanceof RetryableError ? error.retryAfterMs : undefined;
  const doubled = FIRST_DELAY_MS * 2 ** Math.min(Math.max(attemptsMade - 1, 0), 20);
  const delay = asked ?? Math.min(doubled, LONGEST_DELAY_MS);
  return Math.round(delay * (1 + random / 4));
}
