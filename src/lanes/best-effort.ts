import { isAdapterError } from "#src/ports/errors.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

/**
 * Does what only people see (stored requests, messages, jobs): where Redis or Slack is away it is logged, and the lane
 * goes on. What was not told now is told from what stands in the cluster at a later run. False where it was not done.
 */
export async function bestEffort(
  { log }: Pick<LanePorts, "log">,
  doing: string,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    log.warn({ doing, err: error }, "left for a later run");
    return false;
  }
}
