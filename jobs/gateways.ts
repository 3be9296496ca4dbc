import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import { runGatewaysLane } from "#src/lanes/gateways/gateways-lane.ts";
import { forCluster } from "#src/requests/stuck.ts";
import { clusterNamed, type LanePorts } from "#src/requests/lane-ports.ts";
import { DONE, toJobOutcome } from "./outcome.ts";

/** One run of a cluster's gateways lane; a cluster that left the configuration has no lane any more. */
export async function processGateways(
  ports: LanePorts,
  job: { readonly cluster: string },
): Promise<JobOutcome> {
  const cluster = clusterNamed(ports, job.cluster);
  if (cluster === undefined) return DONE;
  return toJobOutcome(await forCluster(ports, cluster.name, () => runGatewaysLane(ports, cluster)));
}
