import type { Cluster } from "#src/domain/directory.ts";
import type { MeshWorld } from "#src/domain/plan/situation.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import { namedRevisions } from "#src/requests/observe/mesh/mesh-config.ts";
import { observeLacks } from "#src/requests/observe/gateways/observe-lacks.ts";
import { observedWith } from "#src/requests/observe/others.ts";
import { bestEffort } from "../../best-effort.ts";
import { anchorAudit, type LostAnchor, lostAnchor, tellLost } from "./anchor.ts";
import { askForProofs } from "./ask-for-proofs.ts";
import { writeBoard } from "./board.ts";
import { writeStatuses } from "./grant-statuses.ts";
import type { MeshRun } from "../mesh-lane.ts";
import { releaseNames } from "../release-names.ts";
import { keepFinalizers } from "./keep-finalizers.ts";
import { markFailures } from "./mark-failures.ts";
import { reportContests } from "./report-contests.ts";
import { reportMoves } from "./report-moves.ts";
import { reportRun } from "./report-run.ts";
import { reportUpgrade } from "./report-upgrade.ts";
import { writeSurvey } from "./survey.ts";
import { tellRestored, updateRecords } from "./update-records.ts";

export interface Finished extends MeshRun {
  readonly cluster: Cluster;
  readonly grants: ClusterGrants;
  readonly world: MeshWorld;
}

/**
 * What follows a run: each EgressGrant says what became of it, unless the cluster is blocked; then, as far as Redis and
 * Slack answer, the stored requests, the board and the approvals channel do; what ended gets its refusal proven; an upgrade
 * of the mesh is watched; and the cluster is surveyed for people who ask.
 */
export async function afterMeshLane(
  ports: LanePorts,
  mesh: Mesh,
  finished: Finished,
): Promise<void> {
  // Blocked, a cluster is told nothing but ends that are known.
  const isBlocked = finished.grants.blocked !== undefined;
  if (!isBlocked) {
    await writeStatuses(ports, mesh, finished);
    await keepFinalizers(ports, mesh, finished);
  }
  const { name } = finished.cluster;
  let lost: LostAnchor | undefined;
  const told = await bestEffort(ports, `telling what a run of cluster ${name} did`, async () => {
    lost = await lostAnchor(ports, { name, object: finished.grants.cluster });
    const observed = await observedWith(mesh, finished.world.objects);
    const restored = await updateRecords(ports, finished, observed);
    if (lost !== undefined) await tellLost(ports, name, lost);
    else if (restored > 0) await tellRestored(ports, finished, restored);
    await markFailures(ports, finished);
    await reportMoves(ports, finished);
    await reportRun(ports, finished);
    await reportContests(ports, name);
  });
  await bestEffort(ports, `writing the board of cluster ${name}`, () =>
    writeBoard(ports, finished),
  );
  // Only after what is missing was told: a newer anchor does not say what was there before.
  if (told && !isBlocked)
    await bestEffort(ports, `anchoring the audit log in cluster ${name}`, () =>
      anchorAudit(ports, mesh, finished, lost),
    );
  await askForProofs(ports, finished, told);
  await releaseNames(ports, mesh, finished.grants);
  // Read once for both.
  const reading = namedRevisions(mesh);
  let lacks: ReadonlyMap<string, readonly string[]> = new Map();
  await bestEffort(ports, `watching upgrades of the mesh of cluster ${name}`, async () => {
    const revisions = await reading;
    const names = revisions.map(({ revision }) => revision);
    lacks = await observeLacks(mesh, finished.cluster, { ...finished.world, revisions: names });
    await reportUpgrade(ports, { ...finished, lacks, revisions });
  });
  await bestEffort(ports, `surveying the gateways and the mesh of cluster ${name}`, async () =>
    writeSurvey(ports, mesh, { ...finished, lacks, revisions: await reading }),
  );
}
