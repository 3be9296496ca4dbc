import { z } from "zod";
import type { Cluster } from "#src/domain/directory.ts";
import { EpochMs } from "#src/domain/request/shapes.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { LanePorts } from "../../lane-ports.ts";
import { addressOf } from "../cluster-address.ts";

/** Azure changes it a few times a year. */
const ASKED_AGAIN_MS = 86_400_000;
/** What could not be read is asked for again after this. */
const TRIED_AGAIN_MS = 3_600_000;

const Known = z.object({ until: EpochMs, revisions: z.array(z.string()).optional() });
type Known = z.infer<typeof Known>;

/**
 * Revisions of the mesh that Azure offers where a cluster is; undefined where that is not known. Asked once a day and
 * process: each run of a lane wants to know it.
 */
export async function observeOfferedRevisions(
  ports: Pick<LanePorts, "clusters" | "memory" | "clock" | "log">,
  cluster: Cluster,
): Promise<readonly string[] | undefined> {
  const now = ports.clock.now();
  const before = await remembered(ports, cluster);
  if (before !== undefined && now < before.until) return before.revisions;
  const known = await read(ports, cluster, now);
  await ports.memory.write(keyOf(cluster), known);
  return known.revisions;
}

/** As this process last heard, without asking Azure. */
export async function knownOfferedRevisions(
  ports: Pick<LanePorts, "memory">,
  cluster: Cluster,
): Promise<readonly string[] | undefined> {
  return (await remembered(ports, cluster))?.revisions;
}

async function remembered(
  { memory }: Pick<LanePorts, "memory">,
  cluster: Cluster,
): Promise<Known | undefined> {
  return Known.safeParse(await memory.read(keyOf(cluster))).data;
}

function keyOf({ name }: Cluster): string {
  return `offered-revisions:${name}`;
}

async function read(
  { clusters, log }: Pick<LanePorts, "clusters" | "log">,
  cluster: Cluster,
  now: number,
): Promise<Known> {
  const address = addressOf(cluster);
  try {
    const { location } = await clusters.read(address);
    const revisions = [...(await clusters.meshRevisions(address, location))];
    return { until: now + ASKED_AGAIN_MS, revisions };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    log.info({ cluster: cluster.name, err: error }, "mesh revisions on offer not known");
    return { until: now + TRIED_AGAIN_MS };
  }
}
