import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import { sweep, type SweepPorts } from "#src/lanes/sweep.ts";
import { DONE } from "./outcome.ts";

/** What time alone brings about, and the jobs that were lost. */
export async function processSweep(ports: SweepPorts): Promise<JobOutcome> {
  await sweep(ports);
  return DONE;
}
