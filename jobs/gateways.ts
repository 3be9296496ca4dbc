import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import { runGatewaysLane } from "#src/reconcile/gateways.ts";
import { forCluster } from "#src/reconcile/stuck.ts";
import { clusterNamed, type LanePorts } from "#src/reconcile/lane-ports.ts";
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
