import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import { runMeshLane } from "#src/lanes/mesh/mesh-lane.ts";
import { clusterNamed, type LanePorts } from "#src/requests/lane-ports.ts";
import { DONE, toJobOutcome } from "./outcome.ts";

/** One run of a cluster's mesh lane; a cluster that left the configuration has no lane any more. */
export async function processMesh(
  ports: LanePorts,
  job: { readonly cluster: string },
): Promise<JobOutcome> {
  const cluster = clusterNamed(ports, job.cluster);
  return cluster === undefined ? DONE : toJobOutcome(await runMeshLane(ports, cluster));
}
