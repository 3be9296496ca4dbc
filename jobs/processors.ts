import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { Job, JobKind } from "#src/ports/job-queue.ts";
import type { SweepPorts } from "#src/lanes/sweep.ts";
import { processAdmit } from "./admit.ts";
import { processGateways } from "./gateways.ts";
import { processMesh } from "./mesh.ts";
import { type NotifyPorts, processNotify } from "./notify.ts";
import { processPlan } from "./plan.ts";
import { processSweep } from "./sweep.ts";
import { processVerify } from "./verify.ts";

export type WorkerPorts = SweepPorts & NotifyPorts;

/** Kinds the worker processes; `intake` is the bot's. */
export type WorkerJobKind = Exclude<JobKind, "intake">;

/** Each job says "look at this again" to the one that knows. */
export async function processJob(ports: WorkerPorts, job: Job): Promise<JobOutcome> {
  switch (job.kind) {
    case "plan":
      return processPlan(ports, job);
    case "admit":
      return processAdmit(ports, job);
    case "gateways":
      return processGateways(ports, job);
    case "mesh":
      return processMesh(ports, job);
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
