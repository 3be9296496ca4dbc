import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { admit } from "#src/requests/admission/admit.ts";
import { forRequest } from "#src/requests/stuck.ts";
import { DONE } from "./outcome.ts";

/** Turns an approval into a grant. */
export async function processAdmit(
  ports: LanePorts,
  job: { readonly requestId: string },
): Promise<JobOutcome> {
  await forRequest(ports, job.requestId, () => admit(ports, job.requestId));
  return DONE;
}
