import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked, AdminPlan } from "#src/domain/request/request.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { ClusterGrants } from "../observe/cluster-grants.ts";

/** What an order's plan is made of. */
export interface Ordered {
  readonly id: string;
  readonly asked: AdminAsked;
  readonly cluster: Cluster;
  readonly mesh: Mesh;
  readonly grants: ClusterGrants;
}

/** What of a plan is the order's own. */
export type OrderPlan = Pick<AdminPlan, "steps" | "left" | "reached">;

/** Names what was not done, for refusals. */
export function whatOf({ cluster, order }: Pick<AdminAsked, "cluster" | "order">): string {
  if (order.kind === "gateway remove")
    return `gateway ${gatewayKey(order.gateway)} of cluster ${cluster} was not removed`;
  return order.namespace === undefined
    ? `the mesh of cluster ${cluster} was not changed`
    : `namespace ${order.namespace} of cluster ${cluster} was not changed`;
}

export function underWay(asked: AdminAsked, id: string): Refusal {
  return refuse("AlreadyOrdered", {
    what: whatOf(asked),
    why: `that is being carried out already, by ${id}`,
    fix: `\`@sallyport status ${id}\` shows how far that is`,
  });
}
