import { sameJson } from "#src/domain/canonical.ts";
import { apiVersionOf, type KubernetesObject, ownLabels } from "#src/domain/kubernetes-object.ts";
import {
  EGRESS_CLUSTER,
  egressClusterRef,
  freezesOf,
  goneUnlifted,
  openOrders,
  plain,
  toRemember,
  withOrders,
} from "#src/domain/request/freezes.ts";
import type { ClusterDecision } from "#src/domain/request/request.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { preconditionOf } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import { rememberFreezes } from "#src/requests/observe/seen-freezes.ts";
import { bestEffort } from "../best-effort.ts";

/**
 * Copies what people ordered into the EgressCluster, puts back what went away there unlifted, then tells. A cluster whose
 * EgressCluster cannot be written goes by what is known.
 */
export async function carryOutOrders(
  ports: LanePorts,
  mesh: Mesh,
  { facts, cluster, orders, seenFreezes, blocked }: ClusterGrants,
): Promise<void> {
  const freezing = {
    trust: ports.trust,
    cluster: facts.cluster,
    now: facts.now,
    seen: seenFreezes,
  };
  const before = freezesOf(cluster);
  const after = withOrders(before, orders, freezing);
  const kept = toRemember(before, orders, freezing);
  const remembered = await bestEffort(ports, `remembering the freezes of ${facts.cluster}`, () =>
    rememberFreezes(ports, facts.cluster, kept),
  );
  let stored = cluster;
  // What closes does not wait for it.
  const written =
    blocked === undefined &&
    (await bestEffort(ports, `writing the orders of cluster ${facts.cluster}`, async () => {
      stored ??= await createCluster(ports, mesh, facts.cluster);
      if (!sameJson(plain(before), plain(after)))
        await mesh.patch(
          egressClusterRef(ports),
          { spec: { freezes: plain(after) } },
          preconditionOf(stored),
        );
    }));
  await bestEffort(ports, `telling of freezes that went away in ${facts.cluster}`, () =>
    tellGone(ports, {
      cluster: facts.cluster,
      gone: goneUnlifted(before, orders, freezing),
      version: `${stored?.metadata.uid ?? ""} ${stored?.metadata.resourceVersion ?? ""}`,
    }),
  );
  // An order leaves the index when it is kept in both places.
  if (written && remembered) await tellOrders(ports, facts.cluster, { orders, now: facts.now });
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

/** Taken out, or gone with its EgressCluster: told each time it is seen, and once for one version of the object. */
async function tellGone(
  ports: Pick<LanePorts, "announcer" | "identity" | "systemNamespace">,
  {
    cluster,
    gone,
    version,
  }: {
    readonly cluster: string;
    readonly gone: readonly ClusterDecision[];
    readonly version: string;
  },
): Promise<void> {
  if (gone.length === 0) return;
  const named = await Promise.all(gone.map((freeze) => nameOf(ports, freeze)));
  await ports.announcer.tell(
    `freezes-gone:${cluster}:${version}`,
    `Somebody took a freeze of cluster ${cluster} out of EgressCluster ${ports.systemNamespace}/${EGRESS_CLUSTER}, although no approver lifted it: ${named.join("; ")}. ` +
      "The cluster stays frozen, nothing new was built meanwhile, and Sallyport writes it there again. Find out who can write there.",
  );
}

async function nameOf(
  { identity }: Pick<LanePorts, "identity">,
  { id, by }: ClusterDecision,
): Promise<string> {
  let name = by.userId;
  try {
    name = (await identity.person(by.userId))?.name ?? name;
  } catch (error) {
    // Without Slack it is told by id, or not at all.
    if (!isAdapterError(error)) throw error;
  }
  return `freeze ${id}, which ${name} ordered`;
}
