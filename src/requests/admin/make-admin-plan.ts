import { orderDigest } from "#src/domain/admin/order-digest.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked, AdminBasis, AdminPlan } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { clusterNamed, type LanePorts } from "../lane-ports.ts";
import { BLOCKED_WORDS, readGrants } from "../observe/cluster-grants.ts";
import { addressOf } from "../observe/cluster-address.ts";
import { mustTellTheTime } from "../tell-the-time.ts";
import { type Ordered, type OrderPlan, whatOf } from "./ordered.ts";
import { planClosing } from "./plan-closing.ts";
import { planRemoval } from "./plan-removal.ts";

/** What would be done for an order, and what stays; or what stands in the way. Reads only. */
export async function makeAdminPlan(
  ports: LanePorts,
  { id, asked }: { readonly id: string; readonly asked: AdminAsked },
): Promise<AdminPlan | Refusal> {
  if (ports.clock.now() > asked.latestEnd) return tooOld(asked);
  const cluster = clusterNamed(ports, asked.cluster);
  if (cluster === undefined) return unknownCluster(asked);
  const mesh = await ports.meshOf(asked.cluster);
  const grants = await readGrants(ports, mesh, asked.cluster);
  await mustTellTheTime(ports, asked.cluster, "planning");
  if (grants.blocked !== undefined)
    throw new RetryableError(
      `planning in cluster ${asked.cluster}: ${BLOCKED_WORDS[grants.blocked]}`,
    );
  const plan = await planOf(ports, { id, asked, cluster, mesh, grants });
  if ("outcome" in plan) return plan;
  const azure = await ports.clusters.read(addressOf(cluster));
  const { approvers } = ports.policy;
  const basis: AdminBasis = {
    cluster: azure.id.toLowerCase(),
    clusterUid: grants.facts.uid,
    order: asked.order,
    rule: { name: "default", action: { kind: "ask", approvers } },
  };
  return {
    madeAt: ports.clock.now(),
    grantDigest: orderDigest(basis),
    basis,
    namespaceUid: grants.facts.uid,
    ...plan,
    rule: "default",
    approvers,
  };
}

function planOf(ports: LanePorts, ordered: Ordered): Promise<OrderPlan | Refusal> {
  const { order } = ordered.asked;
  return order.kind === "gateway remove"
    ? planRemoval(ports, ordered, order)
    : planClosing(ports, ordered, order);
}

function unknownCluster(asked: AdminAsked): Refusal {
  return refuse("UnknownCluster", {
    what: whatOf(asked),
    why: `Sallyport's configuration has no cluster ${asked.cluster} any more`,
    fix: "ask again, for one that it has",
  });
}

function tooOld(asked: AdminAsked): Refusal {
  return refuse("TooOld", {
    what: whatOf(asked),
    why: "it was asked for more than two days ago",
    fix: "ask again, if it is still wanted",
  });
}
