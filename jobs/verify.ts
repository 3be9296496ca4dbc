import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { forRequest } from "#src/requests/stuck.ts";
import { verify } from "#src/lanes/verify/verify.ts";
import { toJobOutcome } from "./outcome.ts";

/** Proves a grant, or that an ended one is refused. */
export async function processVerify(
  ports: LanePorts,
  job: { readonly requestId: string },
): Promise<JobOutcome> {
  const { requestId } = job;
  return toJobOutcome(await forRequest(ports, requestId, () => verify(ports, requestId)));
}
