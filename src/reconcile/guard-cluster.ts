import type { Mesh } from "#src/ports/mesh.ts";
import type { LanePorts } from "./lane-ports.ts";
import { checkEpoch, markEpoch } from "./store-epoch.ts";

export type Guard =
  | {
      readonly verdict: "go";
      /** Only expiry and revoke go on. */
      readonly frozen: boolean;
      /** To be called before the first write of a run: the cluster remembers how far the store had got. */
      beforeWriting(): Promise<void>;
    }
  /** The store cannot be trusted for this cluster; people have been told. */
  | { readonly verdict: "read-only" };

type Ports = Pick<LanePorts, "store" | "announcer" | "instance" | "lanes">;

/** What every lane asks first. */
export async function guardCluster(ports: Ports, mesh: Mesh, cluster: string): Promise<Guard> {
  const epoch = await checkEpoch(ports.store, mesh, ports.instance);
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
  const frozen = (await ports.store.freezes()).some((freeze) => freeze.cluster === cluster);
  return {
    verdict: "go",
    frozen,
    async beforeWriting() {
      const serial = await ports.store.auditCount();
      const current = await ports.store.epoch();
      if (current !== undefined && serial !== epoch.mirrored) {
        await markEpoch(mesh, { instance: ports.instance, epoch: current, serial });
      }
    },
  };
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
