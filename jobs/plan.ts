import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { planRequest } from "#src/requests/plan-request.ts";
import { forRequest } from "#src/requests/stuck.ts";
import { DONE } from "./outcome.ts";

/** Makes the plan of a request. */
export async function processPlan(
  ports: LanePorts,
  job: { readonly requestId: string },
): Promise<JobOutcome> {
  await forRequest(ports, job.requestId, () => planRequest(ports, job.requestId));
  return DONE;
}
