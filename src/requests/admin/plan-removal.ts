import { removalOf } from "#src/domain/admin/cluster-orders.ts";
import type { GatewayRemoval } from "#src/domain/admin/order.ts";
import { inTheWay } from "#src/domain/admin/removal/in-the-way.ts";
import { leftText, removables } from "#src/domain/admin/removal/removable.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked } from "#src/domain/request/request.ts";
import type { LanePorts } from "../lane-ports.ts";
import { observeRemoval } from "../observe/gateways/removal-sight.ts";
import { type Ordered, type OrderPlan, underWay, whatOf } from "./ordered.ts";

/** What would be taken away of a gateway. */
export async function planRemoval(
  ports: LanePorts,
  { id, asked, cluster, mesh, grants }: Ordered,
  order: GatewayRemoval,
): Promise<OrderPlan | Refusal> {
  const key = gatewayKey(order.gateway);
  const gateway = cluster.gateways.find((each) => gatewayKey(each) === key);
  if (gateway === undefined) return unknownGateway(asked);
  const using = [...grants.open, ...grants.found.filter(({ wasOpen }) => wasOpen)];
  const obstacle = inTheWay(
    { cluster: cluster.name, gateway },
    ports.directory,
    using.map(({ grant }) => grant),
  );
  if (obstacle !== undefined) return obstacle;
  const other = removalOf(
    grants.ordered.open.filter((each) => each.id !== id),
    gateway,
  );
  if (other !== undefined) return underWay(asked, other.id);
  const wanted = new Set(using.map(({ grant }) => gatewayKey(grant.gateway)));
  const sight = await observeRemoval(ports, mesh, {
    cluster,
    gateway,
    wanted,
    before: ports.clock.now(),
  });
  const there = removables(sight);
  const left = there.filter(({ stays }) => stays !== undefined).map(leftText);
  const steps = there.filter(({ stays }) => stays === undefined).map(({ step }) => step);
  if (steps.length === 0) return nothingToRemove(asked, left);
  return { steps, left };
}

function unknownGateway(asked: AdminAsked): Refusal {
  return refuse("UnknownGateway", {
    what: whatOf(asked),
    why: "Sallyport's configuration has no such gateway",
    fix: `\`@sallyport gateway list ${asked.cluster}\` shows those it has; one that was taken out of the configuration has to be put back until it is removed`,
  });
}

function nothingToRemove(asked: AdminAsked, left: readonly string[]): Refusal {
  return refuse("NothingToRemove", {
    what: whatOf(asked),
    why:
      left.length === 0
        ? "nothing of it is there"
        : `nothing of it may be removed by Sallyport: ${left.join("; ")}`,
    fix:
      left.length === 0
        ? "take it out of Sallyport's configuration, if nobody is to ask for it again"
        : "whoever made it removes it, in Azure or the cluster",
  });
}
