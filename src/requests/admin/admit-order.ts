import {
  MOST_ORDERS,
  orderName,
  type OrderAdmission,
  type OrderEntry,
  ordersOf,
  withOrder,
} from "#src/domain/admin/cluster-orders.ts";
import { egressClusterRef } from "#src/domain/request/freezes.ts";
import type { Chain } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { AdminRecord, Step } from "#src/domain/request/request.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import { spentIn } from "#src/domain/request/spent.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { clusterUidOf, preconditionOf } from "../admission/egress-grants.ts";
import type { LanePorts } from "../lane-ports.ts";
import { transition } from "../transition.ts";

/**
 * Puts an approved order into the cluster's EgressCluster, admitted over that object's UID: from then on the gateways lane
 * carries it out. One that is there already was admitted before a crash, and is not admitted twice.
 */
export async function admitOrder(
  ports: LanePorts,
  record: AdminRecord,
  of: { readonly steps: readonly Step[]; readonly chain: Chain },
): Promise<void> {
  const { id, asked } = record;
  const mesh = await ports.meshOf(asked.cluster);
  const cluster = await mesh.get(egressClusterRef(ports));
  // The mesh lane makes it at its first run.
  if (cluster === undefined)
    throw new RetryableError(`admitting ${id}: the cluster has no EgressCluster yet`);
  if (!ordersOf(cluster).some((entry) => entry.id === id)) {
    // Read together with what the write is made from: a no that was spent meanwhile is among them.
    if (spentIn(cluster).has(envelopeDigest(of.chain.plan.envelope)))
      throw new RetryableError(`admitting ${id}: its plan was used up meanwhile`);
    const { uid } = preconditionOf(cluster);
    const entry = await entryOf(ports, mesh, record, { ...of, uid });
    const orders = withOrder(cluster, entry, ports.clock.now());
    if (orders.length > MOST_ORDERS)
      throw new RetryableError(
        `admitting ${id}: ${MOST_ORDERS} orders of cluster ${asked.cluster} are being carried out, or were within a day`,
      );
    await mesh.patch(egressClusterRef(ports), { spec: { orders } }, preconditionOf(cluster));
  }
  const moved = await transition(ports, id, () => ({
    event: "admitted",
    actor: "worker",
    details: { order: asked.order.kind, steps: of.steps.map(({ kind }) => kind) },
  }));
  if (moved.result === "moved") await ports.queue.add({ kind: "gateways", cluster: asked.cluster });
}

async function entryOf(
  ports: LanePorts,
  mesh: Mesh,
  { id, asked }: AdminRecord,
  {
    steps,
    chain,
    uid,
  }: { readonly steps: readonly Step[]; readonly chain: Chain; readonly uid: string },
): Promise<OrderEntry> {
  const admission: OrderAdmission = {
    uid,
    clusterUid: await clusterUidOf(mesh, id),
    plan: envelopeDigest(chain.plan.envelope),
    decisions: chain.decisions.map(({ envelope }) => envelopeDigest(envelope)),
    steps: [...steps],
    at: ports.clock.now(),
  };
  const name = orderName(asked.cluster, id);
  return {
    id,
    statements: {
      request: chain.request.envelope,
      plan: chain.plan.envelope,
      card: chain.card.envelope,
      decisions: chain.decisions.map(({ envelope }) => envelope),
    },
    admission: ports.signer.sign("record", { name, value: admission }).envelope,
  };
}
