import { MAX_CLOCK_OFFSET_MS } from "#src/domain/time/clock-offset.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LanePorts } from "./lane-ports.ts";

/**
 * Nothing is signed, and nothing lapses, while our clock and the API server's differ: ends and lifetimes would mean
 * something else there.
 * @throws RetryableError where they do, or where the API server does not answer
 */
export async function mustTellTheTime(
  { clock, meshOf }: Pick<LanePorts, "clock" | "meshOf">,
  cluster: string,
  doing: string,
): Promise<void> {
  const mesh = await meshOf(cluster);
  // Every answer has the time; one is needed.
  if (mesh.serverTime() === undefined) await mesh.get({ kind: "Namespace", name: "kube-system" });
  const now = clock.now();
  const offset = now - (mesh.serverTime() ?? now);
  // Answers give whole seconds, and took a moment.
  if (Math.abs(offset) <= MAX_CLOCK_OFFSET_MS + 2000) return;
  const seconds = Math.round(Math.abs(offset) / 1000);
  throw new RetryableError(
    `${doing} in cluster ${cluster}: this worker's clock is ${seconds} s ${offset > 0 ? "ahead of" : "behind"} the API server's; set it (NTP)`,
  );
}
