import type { GatewayRemoval, Order } from "#src/domain/admin/order.ts";
import { unknownNamespace } from "#src/domain/admin/registry-only/unknown-namespace.ts";
import type { Cluster } from "#src/domain/directory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { clustersNamed } from "./clusters-named.ts";

/** The cluster an order is about, where the configuration has what it names. */
export function clusterOfOrder(
  ports: Pick<BotPorts, "config">,
  {
    order,
    cluster,
    what,
  }: { readonly order: Order; readonly cluster: string | undefined; readonly what: string },
): Cluster | Refusal {
  if (order.kind === "gateway remove") {
    const named = clustersNamed(ports, cluster, what);
    return isRefusal(named) ? named : havingGateway(named, { order, cluster, what });
  }
  const { directory } = ports.config;
  const found = directory.clusters.find(({ name }) => name === cluster);
  if (found === undefined)
    return refuse("UnknownCluster", {
      what,
      why: `there is no cluster ${cluster ?? "that is named"}`,
      fix: `name one of ${directory.clusters.map(({ name }) => name).join(", ")}`,
    });
  const { namespace } = order;
  if (namespace === undefined) return found;
  return unknownNamespace(directory, { cluster: found.name, namespace, what }) ?? found;
}

/** The one that is named, or the only one that has a gateway of that name. */
function havingGateway(
  named: readonly Cluster[],
  {
    order,
    cluster,
    what,
  }: {
    readonly order: GatewayRemoval;
    readonly cluster: string | undefined;
    readonly what: string;
  },
): Cluster | Refusal {
  const key = gatewayKey(order.gateway);
  const having = named.filter(({ gateways }) => gateways.some((each) => gatewayKey(each) === key));
  const [first] = having;
  if (first !== undefined && having.length === 1) return first;
  if (having.length > 1)
    return refuse("UnknownCluster", {
      what,
      why: `${having.length} clusters have a gateway ${key}: ${having.map(({ name }) => name).join(", ")}`,
      fix: "name one of them: `in CLUSTER`",
    });
  const known = named.flatMap(({ gateways }) => gateways.map(gatewayKey));
  return refuse("UnknownGateway", {
    what,
    why: `there is no gateway ${key} in ${cluster === undefined ? "any cluster" : `cluster ${cluster}`}`,
    fix: known.length === 0 ? "none is configured there" : `name one of ${known.join(", ")}`,
  });
}
