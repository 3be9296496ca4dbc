import { sameJson } from "#src/domain/canonical.ts";
import { apiVersionOf, type KubernetesObject, ownLabels } from "#src/domain/kubernetes-object.ts";
import {
  EGRESS_CLUSTER,
  freezesOf,
  inForce,
  openOrders,
  withOrders,
} from "#src/domain/request/freezes.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { preconditionOf } from "#src/requests/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import { bestEffort } from "../best-effort.ts";

/**
 * Copies what people ordered into the EgressCluster, then tells them. Answers whether the cluster is frozen; one whose
 * EgressCluster cannot be written goes by what is known.
 */
export async function carryOutOrders(
  ports: LanePorts,
  mesh: Mesh,
  { facts, cluster, orders, blocked }: ClusterGrants,
): Promise<boolean> {
  const freezing = { trust: ports.trust, cluster: facts.cluster, now: facts.now };
  const before = freezesOf(cluster);
  const after = withOrders(before, orders, freezing);
  // What closes does not wait for it.
  const written =
    blocked === undefined &&
    (await bestEffort(ports, `writing the orders of cluster ${facts.cluster}`, async () => {
      const stored = cluster ?? (await createCluster(ports, mesh, facts.cluster));
      if (!sameJson(plain(before), plain(after)))
        await mesh.patch(
          { kind: "EgressCluster", namespace: ports.systemNamespace, name: EGRESS_CLUSTER },
          { spec: { freezes: plain(after) } },
          preconditionOf(stored),
        );
    }));
  if (written) await tellOrders(ports, facts.cluster, { orders, now: facts.now });
  return inForce(after, [], freezing).length > 0;
}

function plain(freezes: ReturnType<typeof freezesOf>): readonly unknown[] {
  return freezes.map(({ id, decision, lifted }) => ({
    id,
    decision,
    ...(lifted === undefined ? {} : { lifted }),
  }));
}

function createCluster(
  { instance, systemNamespace }: LanePorts,
  mesh: Mesh,
  cluster: string,
): Promise<KubernetesObject> {
  return mesh.create({
    apiVersion: apiVersionOf("EgressCluster"),
    kind: "EgressCluster",
    metadata: {
      name: EGRESS_CLUSTER,
      namespace: systemNamespace,
      labels: ownLabels(instance),
    },
    spec: { instance, cluster, freezes: [], orders: [] },
  });
}

/** After they are in the cluster, and once: told is what leaves the index. */
async function tellOrders(
  ports: LanePorts,
  cluster: string,
  { orders, now }: { readonly orders: readonly unknown[]; readonly now: number },
): Promise<void> {
  for (const { payload } of openOrders(orders, { trust: ports.trust, cluster, now })) {
    await bestEffort(ports, `telling of the ${payload.verdict} of ${cluster}`, async () => {
      await ports.announcer.carriedOut(payload);
      await ports.store.orderCopied(cluster, payload.id);
    });
  }
}
