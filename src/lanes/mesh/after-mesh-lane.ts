import { refKey } from "#src/domain/kubernetes-object.ts";
import { refuse } from "#src/domain/outcome.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { type Settled, writes } from "./mesh-changes.ts";
import type { MeshWorld } from "#src/requests/observe/mesh-world.ts";
import { problemKey } from "../gateways/progress.ts";
import { transition } from "#src/requests/transition.ts";

interface Finished extends Settled {
  readonly cluster: Cluster;
  readonly grants: ClusterGrants;
  readonly world: MeshWorld;
}

/** Tells each request what the run meant for it: applied, repaired, failed, or ready to have its removal proven. */
export async function afterMeshLane(ports: LanePorts, finished: Finished): Promise<void> {
  await markApplied(ports, finished);
  await markFailed(ports, finished);
  await proveRemovals(ports, finished);
  await reportLeftAlone(ports, finished);
  await reportLost(ports, finished);
}

/** At once where something was closed; else the proof that is parked keeps its time. */
async function proveRemovals(ports: LanePorts, { grants, changes }: Finished): Promise<void> {
  const closed = changes.some(({ action }) => action === "deleted");
  for (const { record } of grants.ended) {
    const current = await ports.store.get(record.id);
    if (current?.state !== "ending") continue;
    const job = { kind: "verify", requestId: record.id } as const;
    await (closed ? ports.queue.add(job) : ports.queue.ensure(job));
  }
}

/** Places that are not what they were when a grant was approved: nothing is written there, and people decide. */
async function reportLost(ports: LanePorts, { cluster, grants, world }: Finished): Promise<void> {
  for (const { ref } of world.facts) {
    const key = `gateway-lost:${cluster.name}:${gatewayKey(ref)}`;
    if (world.namespaces.has(ref.namespace)) {
      await ports.announcer.over(key);
      continue;
    }
    await ports.announcer.tell(
      key,
      `Namespace ${ref.namespace} of gateway ${gatewayKey(ref)} in cluster ${cluster.name} is gone, or being deleted: what goes through that gateway is closed. ` +
        "Restore it, or revoke the grants that use it.",
    );
  }
  for (const { record } of grants.live) {
    const { namespace } = record.asked.scope;
    const now = world.namespaces.get(namespace);
    const key = `namespace-replaced:${record.id}`;
    if (now === undefined || now === record.admission?.payload.namespaceUid) {
      await ports.announcer.over(key);
      continue;
    }
    await ports.announcer.tell(
      key,
      `Namespace ${namespace} in cluster ${cluster.name} was deleted and made again since ${record.id} was approved: nothing is written there for it. ` +
        `Revoke ${record.id}; who needs it asks again.`,
    );
  }
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
    const failure = failed.find(({ grantIds, gateway: whole }) =>
      mine.some(({ id, gateway }) => grantIds.includes(id) || whole === gatewayKey(gateway)),
    );
    const key = `mesh-failure:${record.id}`;
    if (failure === undefined) {
      await ports.lanes.remove(key);
      await ports.lanes.remove(problemKey(record.id));
      continue;
    }
    if ((await ports.lanes.read(key)) === failure.why) continue;
    const refusal = refuse("ObjectRefused", {
      what: `an Istio object of ${record.id} is not in place`,
      why: `in cluster ${cluster.name}: ${failure.why}`,
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
