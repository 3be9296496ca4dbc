import type { JobOutcome } from "#src/adapters/bullmq/worker.ts";
import type { LanePorts } from "#src/reconcile/lane-ports.ts";
import { verify } from "#src/reconcile/verify.ts";
import { toJobOutcome } from "./outcome.ts";

/** Proves a grant, or that an ended one is refused. */
export async function processVerify(
  ports: LanePorts,
  job: { readonly requestId: string },
): Promise<JobOutcome> {
  return toJobOutcome(await verify(ports, job.requestId));
}
