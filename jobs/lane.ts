import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import { isElsewhere } from "#src/lanes/runner/lane-runner.ts";
import type { LaneResult } from "#src/requests/lane-ports.ts";
import { DONE, toJobOutcome } from "./outcome.ts";

export interface RunLane {
  readonly runLane: (lane: "gateways" | "mesh", cluster: string) => Promise<LaneResult | undefined>;
}

/**
 * Asks for one run of a lane. Its own timer takes it from there; only where another process holds the lane is the job
 * parked, until that process takes it.
 */
export async function processLane(
  { runLane }: RunLane,
  { kind, cluster }: { readonly kind: "gateways" | "mesh"; readonly cluster: string },
): Promise<JobOutcome> {
  const result = await runLane(kind, cluster);
  return result !== undefined && isElsewhere(result) ? toJobOutcome(result) : DONE;
}
