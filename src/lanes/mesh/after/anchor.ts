import { z } from "zod";
import { isRecord } from "#src/domain/json.ts";
import { EGRESS_CLUSTER, egressClusterRef } from "#src/domain/request/freezes.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { openStatement, type Trust } from "#src/domain/request/signed/signature.ts";
import { type KubernetesObject, madeAt } from "#src/domain/kubernetes-object.ts";
import type { Announcer } from "#src/ports/chat/announcer.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { writes } from "../mesh-changes.ts";

const Anchor = z.object({ number: z.number(), digest: z.string() });
export type Anchor = z.infer<typeof Anchor>;

/** `forged`: what the cluster has is not the worker's. */
export type LostAnchor =
  | { readonly kind: "lost"; readonly anchor: Anchor }
  | { readonly kind: "forged"; readonly number: number };

/**
 * What the cluster has seen of the audit log and Redis no longer has: Redis was emptied, failed over, or put back to an
 * older copy. Asked before a run writes entries of its own: they could take the place of those that are gone.
 */
export async function lostAnchor(
  { store, trust }: Pick<LanePorts, "store" | "trust">,
  { name, object }: { readonly name: string; readonly object: KubernetesObject | undefined },
): Promise<LostAnchor | undefined> {
  const number = numberIn(object);
  if (number === 0) return undefined;
  const anchor = signedAnchor(trust, name, object);
  if (anchor?.number !== number) return { kind: "forged", number };
  const [entry] = await store.auditTrail(number, 1);
  const isThere = entry !== undefined && envelopeDigest(entry.envelope) === anchor.digest;
  return isThere ? undefined : { kind: "lost", anchor };
}

/**
 * The same words as long as it lacks that entry, so they are said once. From then on the log goes on behind what the
 * cluster has seen: the next entry can be anchored again, and what is missing stays a gap in its numbers.
 */
export async function tellLost(
  { announcer, store, systemNamespace }: TellPorts,
  cluster: string,
  lost: LostAnchor,
): Promise<void> {
  if (lost.kind === "forged")
    return announcer.tell(
      `anchor:${cluster}`,
      `The audit anchor in EgressCluster ${systemNamespace}/${EGRESS_CLUSTER} of cluster ${cluster} is not what Sallyport wrote: entries that vanish from the audit log are not noticed there until its number is passed. ` +
        "Nothing was opened or closed by it. Find out who can write there.",
    );
  const { number } = lost.anchor;
  await announcer.tell(
    `audit:${cluster}`,
    `Redis was emptied, failed over or put back to an older copy: entry ${number} of the audit log, which cluster ${cluster} has seen, is not in it any more. ` +
      "Nothing was opened or closed by it; what the cluster knows is filled in again from there. A request that was not admitted yet may be gone: whoever needs it asks again.",
  );
  await store.audit(
    `cluster:${cluster}`,
    { actor: "worker", event: "log-lost", details: { ...lost.anchor } },
    number,
  );
}

interface TellPorts {
  readonly announcer: Pick<Announcer, "tell">;
  readonly store: Pick<LanePorts["store"], "audit">;
  readonly systemNamespace: string;
}

/**
 * The newest audit entry, kept in the cluster at each run that writes, carries out what people ordered, or found that
 * the log is another one. The number only rises, so an older Redis cannot move it back.
 */
export async function anchorAudit(
  ports: LanePorts,
  mesh: Mesh,
  { changes, cluster, grants }: Finished,
  lost: LostAnchor | undefined,
): Promise<void> {
  const isNews =
    lost !== undefined ||
    changes.some(writes) ||
    grants.orders.length > 0 ||
    grants.closed.some(({ recorded }) => !recorded);
  if (!isNews) return;
  const { store, signer } = ports;
  const ref = egressClusterRef(ports);
  const object = await mesh.get(ref);
  if (object === undefined) return;
  const head = await store.auditHead();
  if (head.number <= numberIn(object)) return;
  const statement = signer.sign("record", { name: nameOf(cluster.name), value: head }).envelope;
  await mesh.patch(ref, { spec: { anchor: { ...head, statement } } }, preconditionOf(object));
}

function nameOf(cluster: string): string {
  return `anchor:${cluster}`;
}

/** 0 where there is none. */
function numberIn(object: KubernetesObject | undefined): number {
  return Anchor.safeParse(object?.spec?.["anchor"]).data?.number ?? 0;
}

function signedAnchor(
  trust: Trust,
  cluster: string,
  object: KubernetesObject | undefined,
): Anchor | undefined {
  const raw = object?.spec?.["anchor"];
  const at = object === undefined ? 0 : madeAt(object);
  const statement = isRecord(raw) ? raw["statement"] : undefined;
  const opened = openStatement(trust, statement, { kind: "record", role: "worker", at });
  if (!opened.opened || opened.statement.payload.name !== nameOf(cluster)) return undefined;
  return Anchor.safeParse(opened.statement.payload.value).data;
}
