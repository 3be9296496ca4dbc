import { z } from "zod";
import { EGRESS_CLUSTER } from "#src/domain/request/freezes.ts";
import { envelopeDigest } from "#src/domain/request/envelope.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Announcer } from "#src/ports/announcer.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { preconditionOf } from "#src/requests/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { writes } from "./mesh-changes.ts";

const Anchor = z.object({ number: z.number(), digest: z.string() });
export type Anchor = z.infer<typeof Anchor>;

/**
 * What the cluster has seen of the audit log and Redis no longer has: Redis was emptied, failed over, or put back to an
 * older copy. Asked before a run writes entries of its own: they could take the place of those that are gone.
 */
export async function lostAnchor(
  { store }: Pick<LanePorts, "store">,
  cluster: KubernetesObject | undefined,
): Promise<Anchor | undefined> {
  const anchor = anchorOf(cluster);
  if (anchor === undefined) return undefined;
  const [entry] = await store.auditTrail(anchor.number, 1);
  const isThere = entry !== undefined && envelopeDigest(entry.envelope) === anchor.digest;
  return isThere ? undefined : anchor;
}

/** The same words as long as it lacks that entry, so they are said once. */
export function tellLost(
  { announcer }: { readonly announcer: Pick<Announcer, "tell"> },
  cluster: string,
  { number }: Anchor,
): Promise<void> {
  return announcer.tell(
    `audit:${cluster}`,
    `Redis was emptied, failed over or put back to an older copy: entry ${number} of the audit log, which cluster ${cluster} has seen, is not in it any more. ` +
      "Nothing was opened or closed by it; what the cluster knows is filled in again from there. A request that was not admitted yet may be gone: whoever needs it asks again.",
  );
}

/**
 * The newest audit entry, kept in the cluster at each run that writes or carries out what people ordered. The number only
 * rises, so an older Redis cannot move it back.
 */
export async function anchorAudit(
  { store, signer, systemNamespace }: LanePorts,
  mesh: Mesh,
  { changes, cluster, grants }: Finished,
): Promise<void> {
  const isNews =
    changes.some(writes) ||
    grants.orders.length > 0 ||
    grants.closed.some(({ recorded }) => !recorded);
  if (!isNews) return;
  const ref = { kind: "EgressCluster", namespace: systemNamespace, name: EGRESS_CLUSTER } as const;
  const object = await mesh.get(ref);
  if (object === undefined) return;
  const head = await store.auditHead();
  if (head.number <= (anchorOf(object)?.number ?? 0)) return;
  const statement = signer.sign("record", { name: `anchor:${cluster.name}`, value: head }).envelope;
  await mesh.patch(ref, { spec: { anchor: { ...head, statement } } }, preconditionOf(object));
}

function anchorOf(cluster: KubernetesObject | undefined): Anchor | undefined {
  return Anchor.safeParse(cluster?.spec?.["anchor"]).data;
}
