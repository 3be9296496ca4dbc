import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { Job, JobKind } from "#src/ports/store/job-queue.ts";
import type { SweepPorts } from "#src/lanes/sweep.ts";
import { processAdmit } from "./admit.ts";
import { processLane, type RunLane } from "./lane.ts";
import { type NotifyPorts, processNotify } from "./notify.ts";
import { processPlan } from "./plan.ts";
import { processSweep } from "./sweep.ts";
import { processVerify } from "./verify.ts";

export type WorkerPorts = SweepPorts & NotifyPorts & RunLane;

/** Kinds the worker processes; `intake` is the bot's. */
export type WorkerJobKind = Exclude<JobKind, "intake">;

/** Dispatches a job to its processor. */
export async function processJob(ports: WorkerPorts, job: Job): Promise<JobOutcome> {
  switch (job.kind) {
    case "plan":
      return processPlan(ports, job);
    case "admit":
      return processAdmit(ports, job);
    case "gateways":
    case "mesh":
      return processLane(ports, job);
    case "verify":
      return processVerify(ports, job);
    case "notify":
      return processNotify(ports, job);
    case "sweep":
      return processSweep(ports);
    case "intake":
      throw new TypeError("intake jobs belong to the bot");
    default:
      return job satisfies never;
  }
}
