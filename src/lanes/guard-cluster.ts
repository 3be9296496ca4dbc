import { RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { checkEpoch, type EpochVerdict, markEpoch } from "./store-epoch.ts";

export type Guard =
  | {
      readonly verdict: "go";
      /** Only expiry and revoke go on. */
      readonly frozen: boolean;
      /**
       * To be called before the first write of a run: the cluster remembers how far the store had got. Throws
       * `RetryableError` where the store is another than at the run's start: what the run read came from it.
       */
      beforeWriting(): Promise<void>;
    }
  /** The store cannot be trusted for this cluster; people have been told. */
  | { readonly verdict: "read-only" };

type Ports = Pick<LanePorts, "store" | "written" | "announcer" | "instance" | "lanes">;

/** What every lane asks first. */
export async function guardCluster(ports: Ports, mesh: Mesh, cluster: string): Promise<Guard> {
  const epoch = await checkStore(ports, mesh);
  const key = `epoch:${cluster}`;
  if (!epoch.ok) {
    await auditOnce(ports, cluster, epoch.why);
    await ports.announcer.tell(
      key,
      `Cluster ${cluster} is read-only for Sallyport: ${epoch.why}. Nothing was deleted, and what is open stays open. ` +
        "Stop the bot and the workers, restore the Redis data, and start them again.",
    );
    return { verdict: "read-only" };
  }
  await ports.announcer.over(key);
  return {
    verdict: "go",
    frozen: ports.written.isFrozen(cluster),
    async beforeWriting() {
      const now = await checkStore(ports, mesh);
      if (!now.ok || now.epoch !== epoch.epoch)
        throw new RetryableError(`writing to cluster ${cluster}: the Redis data was replaced`);
      const serial = await ports.store.auditCount();
      if (serial !== now.mirrored)
        await markEpoch(ports.store, mesh, { instance: ports.instance, epoch: now.epoch, serial });
    },
  };
}

/** The store is the one this cluster was built from, and its log says everything it ever said. */
async function checkStore(ports: Ports, mesh: Mesh): Promise<EpochVerdict> {
  const epoch = await checkEpoch(ports.store, mesh, ports.instance);
  if (!epoch.ok) return epoch;
  await ports.written.catchUp();
  const broken = ports.written.brokenAt();
  if (broken === undefined) return epoch;
  const why = `the audit log in Redis was changed past Sallyport: entry ${broken} is unreadable, not signed by Sallyport, or out of its place`;
  return { ok: false, why };
}

async function auditOnce(ports: Ports, cluster: string, why: string): Promise<void> {
  const key = `read-only:${cluster}`;
  if ((await ports.lanes.read(key)) === why) return;
  await ports.store.audit(`cluster:${cluster}`, {
    actor: "worker",
    event: "read-only",
    details: { why },
  });
  await ports.lanes.write(key, why);
}
