import { eventually } from "./eventually.ts";
import type { Installation } from "./installation.ts";

/** How often a mesh lane has run, whether or not it could do all it wanted. */
export function laneRuns({ processes }: Pick<Installation, "processes">): number {
  return processes.flatMap(({ log }) => log.filter((line) => RAN.test(line))).length;
}

const RAN = /"lane":"mesh".*"(lane ran|lane will be run again|lane failed)"/;

/** Until mesh lanes have run this often more: what is as before then is so because of them. */
export async function afterLaneRuns(
  cluster: Pick<Installation, "processes">,
  runs: number,
): Promise<void> {
  // The one under way may have read before.
  const wanted = laneRuns(cluster) + runs + 1;
  await eventually(() => {
    if (laneRuns(cluster) < wanted) throw new Error("the mesh lane has not run again yet");
  }, 30_000);
}
