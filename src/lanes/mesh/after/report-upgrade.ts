import { compareRevisions } from "#src/domain/upgrades/compare-revisions.ts";
import { differenceText, howToMend } from "#src/domain/upgrades/difference-text.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { namedRevisions } from "#src/requests/observe/mesh/mesh-config.ts";
import type { Finished } from "./after-mesh-lane.ts";

/** Tells the approvers once what an upgrade of the mesh would silently change, and when that is over. */
export async function reportUpgrade(
  ports: Pick<LanePorts, "announcer">,
  mesh: Mesh,
  { cluster }: Pick<Finished, "cluster">,
): Promise<void> {
  await reportDifferences(ports, cluster.name, await namedRevisions(mesh));
}

async function reportDifferences(
  { announcer }: Pick<LanePorts, "announcer">,
  cluster: string,
  revisions: Parameters<typeof compareRevisions>[0],
): Promise<void> {
  const key = `upgrade-differs:${cluster}`;
  const compared = compareRevisions(revisions);
  if (compared === undefined || compared.differences.length === 0) {
    await announcer.over(key);
    return;
  }
  const { from, to, differences } = compared;
  const texts = differences.map((each) => differenceText(each));
  await announcer.tell(
    key,
    `Cluster ${cluster} runs mesh revisions ${from} and ${to} side by side, and ${to} is configured otherwise: ${texts.join("; ")}. ${howToMend(compared)}`,
  );
}
