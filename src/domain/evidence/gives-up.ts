import { type Evidence, NEEDED_CHECKS } from "./check.ts";

/**
 * Whether a grant that was never seen to work is ended: it was tried for `unprovenForMs`, and a probe was seen to fail.
 * One that could not be looked at is never ended for that, and one that once worked is not taken away because its
 * destination is down.
 */
export function givesUp(of: {
  readonly wasActive: boolean;
  readonly evidence: Evidence;
  readonly waitedMs: number;
  readonly unprovenForMs: number;
}): boolean {
  return (
    !of.wasActive &&
    of.waitedMs >= of.unprovenForMs &&
    of.evidence.checks.some(
      ({ name, verdict }) => NEEDED_CHECKS.includes(name) && verdict === "failed",
    )
  );
}
