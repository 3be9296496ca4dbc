import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { Job, JobKind } from "#src/ports/job-queue.ts";
import { admit } from "#src/reconcile/admit.ts";
import { runGatewaysLane } from "#src/reconcile/gateways.ts";
import {
  CONVERGED,
  clusterNamed,
  type LanePorts,
  type LaneResult,
} from "#src/reconcile/lane-ports.ts";
import { runMeshLane } from "#src/reconcile/mesh.ts";
import { planRequest } from "#src/reconcile/plan-request.ts";
import { sweep, type SweepPorts } from "#src/reconcile/sweep.ts";
import { verify } from "#src/reconcile/verify.ts";
import { notify, type NotifyPorts } from "./notify.ts";
import { DONE, toJobOutcome } from "./outcome.ts";
import type { Cluster } from "#src/domain/directory.ts";

export type WorkerPorts = SweepPorts & NotifyPorts;

/** Kinds the worker processes; `intake` is the bot's. */
export type WorkerJobKind = Exclude<JobKind, "intake">;

/** One processor per kind of job: each says "look at this again" to the code that knows. */
export async function processJob(ports: WorkerPorts, job: Job): Promise<JobOutcome> {
  switch (job.kind) {
    case "plan":
      await planRequest(ports, job.requestId);
      return DONE;
    case "admit":
      await admit(ports, job.requestId);
      return DONE;
    case "gateways":
      return toJobOutcome(await lane(ports, job.cluster, runGatewaysLane));
    case "mesh":
      return toJobOutcome(await lane(ports, job.cluster, runMeshLane));
    case "verify":
      return toJobOutcome(await verify(ports, job.requestId));
    case "notify":
      await notify(ports, job.requestId);
      return DONE;
    case "sweep":
      await sweep(ports);
      return DONE;
    case "intake":
      throw new TypeError("intake jobs belong to the bot");
    default:
      return job satisfies never;
  }
}

/** A cluster that left the configuration has no lane any more. */
async function lane(
  ports: LanePorts,
  name: string,
  run: (ports: LanePorts, cluster: Cluster) => Promise<LaneResult>,
): Promise<LaneResult> {
  const cluster = clusterNamed(ports, name);
  return cluster === undefined ? CONVERGED : run(ports, cluster);
}
