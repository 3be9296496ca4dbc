import { refKey } from "#src/domain/kubernetes-object.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { Cluster } from "#src/domain/directory.ts";
import type { ClusterGrants } from "./cluster-grants.ts";
import type { LanePorts } from "./lane-ports.ts";
import { type Settled, writes } from "./mesh-changes.ts";
import { problemKey } from "./progress.ts";
import { transition } from "./transition.ts";

interface Finished extends Settled {
  readonly cluster: Cluster;
  readonly grants: ClusterGrants;
}

/** Tells each request what the run meant for it: applied, repaired, failed, or ready to have its removal proven. */
export async function afterMeshLane(ports: LanePorts, finished: Finished): Promise<void> {
  await markApplied(ports, finished);
  await markFailed(ports, finished);
  for (const { record } of finished.grants.ended) {
    const current = await ports.store.get(record.id);
    if (current?.state === "ending")
      await ports.queue.add({ kind: "verify", requestId: record.id });
  }
  await reportLeftAlone(ports, finished);
}

async function markApplied(ports: LanePorts, { grants, placed, changes }: Finished): Promise<void> {
  const changed = new Set(changes.filter(writes).flatMap(({ grantIds }) => grantIds));
  for (const { record, grants: mine } of grants.live) {
    if (!placed.has(record.id)) continue;
    const repaired = mine.some(({ id }) => changed.has(id));
    const moved = await transition(ports, record.id, (current) => {
      if (current.state === "applying") return { event: "applied", actor: "worker" };
      return repaired ? { event: "repaired", actor: "worker" } : undefined;
    });
    if (moved.result === "moved") await ports.queue.add({ kind: "verify", requestId: record.id });
  }
}

async function markFailed(ports: LanePorts, { grants, failed, cluster }: Finished): Promise<void> {
  for (const { record, grants: mine } of grants.live) {
    const failure = failed.find(({ grantIds }) => mine.some(({ id }) => grantIds.includes(id)));
    const key = `mesh-failure:${record.id}`;
    if (failure === undefined) {
      await ports.lanes.remove(key);
      await ports.lanes.remove(problemKey(record.id));
      continue;
    }
    if ((await ports.lanes.read(key)) === failure.why) continue;
    const refusal = refuse("ObjectRefused", {
      what: `an Istio object of ${record.id} is not in place`,
      why: `the API server of ${cluster.name} refused it: ${failure.why}`,
      fix: "ask the platform team to look at that message; Sallyport keeps trying",
    });
    await ports.lanes.write(key, failure.why);
    await ports.lanes.write(problemKey(record.id), refusal);
    await ports.store.audit(record.id, {
      actor: "worker",
      event: "object-refused",
      details: { why: failure.why },
    });
    await ports.queue.add({ kind: "notify", requestId: record.id });
  }
}

async function reportLeftAlone(
  ports: LanePorts,
  { cluster, unaccounted, foreign }: Finished,
): Promise<void> {
  const key = `left-alone:${cluster.name}`;
  const lines = [
    ...unaccounted.map(
      (ref) => `${refKey(ref)} (ours, but no grant and no recorded end accounts for it)`,
    ),
    ...foreign.map((ref) => `${refKey(ref)} (somebody else's, under a name Sallyport needs)`),
  ];
  if (lines.length === 0) {
    await ports.announcer.over(key);
    return;
  }
  await ports.announcer.tell(
    key,
    `Left alone in cluster ${cluster.name}: ${lines.slice(0, 10).join("; ")}${lines.length > 10 ? `; and ${lines.length - 10} more` : ""}. ` +
      "Look at who made them, and delete them by hand if nobody needs them.",
  );
}
