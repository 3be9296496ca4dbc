import { orderDigest } from "#src/domain/admin/order-digest.ts";
import { inTheWay } from "#src/domain/admin/removal/in-the-way.ts";
import { leftText, removables } from "#src/domain/admin/removal/removable.ts";
import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked, AdminBasis, AdminPlan } from "#src/domain/request/request.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { clusterNamed, type LanePorts } from "../lane-ports.ts";
import { BLOCKED_WORDS, readGrants } from "../observe/cluster-grants.ts";
import { observeRemoval } from "../observe/gateways/removal-sight.ts";
import { mustTellTheTime } from "../tell-the-time.ts";

/** What would be taken away of a gateway, and what stays; or what stands in the way. Reads only. */
export async function makeAdminPlan(
  ports: LanePorts,
  { id, asked }: { readonly id: string; readonly asked: AdminAsked },
): Promise<AdminPlan | Refusal> {
  if (ports.clock.now() > asked.latestEnd) return tooOld(asked);
  const found = gatewayOf(ports, asked);
  if (found === undefined) return unknownGateway(asked);
  const { cluster, gateway } = found;
  const mesh = await ports.meshOf(cluster.name);
  const grants = await readGrants(ports, mesh, cluster.name);
  await mustTellTheTime(ports, cluster.name, "planning");
  if (grants.blocked !== undefined)
    throw new RetryableError(
      `planning in cluster ${cluster.name}: ${BLOCKED_WORDS[grants.blocked]}`,
    );
  const using = [...grants.open, ...grants.found.filter(({ wasOpen }) => wasOpen)];
  const obstacle = inTheWay(
    asked,
    ports.directory,
    using.map(({ grant }) => grant),
  );
  if (obstacle !== undefined) return obstacle;
  const other = grants.ordered.open.find(
    (each) => each.id !== id && gatewayKey(each.asked.order.gateway) === gatewayKey(gateway),
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
  const { approvers } = ports.policy;
  const basis: AdminBasis = {
    cluster: sight.azure.id.toLowerCase(),
    clusterUid: grants.facts.uid,
    order: asked.order,
    rule: { name: "default", action: { kind: "ask", approvers } },
  };
  return {
    madeAt: ports.clock.now(),
    grantDigest: orderDigest(basis),
    basis,
    namespaceUid: grants.facts.uid,
    steps,
    left,
    rule: "default",
    approvers,
  };
}

function gatewayOf(
  ports: LanePorts,
  { cluster: name, order }: AdminAsked,
): { readonly cluster: Cluster; readonly gateway: ConfiguredGateway } | undefined {
  const cluster = clusterNamed(ports, name);
  const gateway = cluster?.gateways.find((each) => gatewayKey(each) === gatewayKey(order.gateway));
  return cluster === undefined || gateway === undefined ? undefined : { cluster, gateway };
}

function whatOf({ cluster, order }: AdminAsked): string {
  return `gateway ${gatewayKey(order.gateway)} of cluster ${cluster} was not removed`;
}

function unknownGateway(asked: AdminAsked): Refusal {
  return refuse("UnknownGateway", {
    what: whatOf(asked),
    why: "Sallyport's configuration has no such gateway",
    fix: `\`@sallyport gateway list ${asked.cluster}\` shows those it has; one that was taken out of the configuration has to be put back until it is removed`,
  });
}

function tooOld(asked: AdminAsked): Refusal {
  return refuse("TooOld", {
    what: whatOf(asked),
    why: "it was asked for more than two days ago",
    fix: "ask again, if it is still wanted",
  });
}

function underWay(asked: AdminAsked, id: string): Refusal {
  return refuse("AlreadyOrdered", {
    what: whatOf(asked),
    why: `it is being removed already, by ${id}`,
    fix: `\`@sallyport status ${id}\` shows how far that is`,
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
