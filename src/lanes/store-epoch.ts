import { digest } from "#src/domain/canonical.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import type { RequestStore } from "#src/ports/request-store.ts";

/** Where each cluster remembers which store it belongs to. */
export const SYSTEM_NAMESPACE = "sallyport-system";

export type EpochVerdict =
  | { readonly ok: true; readonly epoch: string; readonly mirrored: number | undefined }
  /** The store is empty, older than the cluster, or another's: nothing may be written. */
  | { readonly ok: false; readonly why: string };

/**
 * Compares the store with what the cluster remembers of it, so that a lost, restored or foreign Redis never makes a
 * lane believe that grants are gone. The mark also holds the number and the digest of the newest audit entry at the
 * last write: a store without exactly that entry is an older copy, also one that has been written to since.
 */
export async function checkEpoch(
  store: RequestStore,
  mesh: Mesh,
  instance: string,
): Promise<EpochVerdict> {
  const mark = await mesh.get({
    kind: "ConfigMap",
    namespace: SYSTEM_NAMESPACE,
    name: markName(instance),
  });
  const epoch = await store.epoch();
  if (epoch === undefined)
    return {
      ok: false,
      why: "the Redis data has no epoch: it was never initialised, or it was lost",
    };
  if (mark === undefined) return { ok: true, epoch, mirrored: undefined };
  if (mark.data?.["epoch"] !== epoch) {
    return {
      ok: false,
      why: "the Redis data is not the one this cluster was built from: it is empty, or another's",
    };
  }
  const serial = Number(mark.data["serial"] ?? "0");
  return serial === 0 || mark.data["entry"] === (await entryDigest(store, serial))
    ? { ok: true, epoch, mirrored: serial }
    : {
        ok: false,
        why: `the Redis data is older than this cluster: it lacks audit entry ${serial} as this cluster knows it`,
      };
}

/** "" where there is no such entry. */
async function entryDigest(store: RequestStore, number: number): Promise<string> {
  const [stored] = await store.auditTrail(number, 1);
  return stored === undefined ? "" : digest(stored.entry);
}

/** Written before the first object, and with each write of a lane. */
export async function markEpoch(
  store: RequestStore,
  mesh: Mesh,
  mark: { readonly instance: string; readonly epoch: string; readonly serial: number },
): Promise<void> {
  const entry = await entryDigest(store, mark.serial);
  const labels = {
    "app.kubernetes.io/managed-by": "sallyport",
    "sallyport.dev/instance": mark.instance,
  };
  const namespace: KubernetesObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: SYSTEM_NAMESPACE },
  };
  if ((await mesh.get({ kind: "Namespace", name: SYSTEM_NAMESPACE })) === undefined)
    await mesh.apply(namespace);
  await mesh.apply(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: markName(mark.instance), namespace: SYSTEM_NAMESPACE, labels },
      data: { epoch: mark.epoch, serial: String(mark.serial), entry },
    },
    { force: true },
  );
}

function markName(instance: string): string {
  return `epoch-${instance}`;
}
