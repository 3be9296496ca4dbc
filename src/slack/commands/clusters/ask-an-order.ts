import type { Cluster } from "#src/domain/directory.ts";
import type { OrderCommand } from "#src/domain/grammar/command.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked } from "#src/domain/request/request.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { cardHidden, placesOf } from "../../card-channel.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";
import { clusterEntitlement } from "./cluster-entitlement.ts";
import { makeRequest } from "../make-request.ts";
import { clustersNamed } from "./clusters-named.ts";

/** An order that is not admitted by then is worth nothing. */
const ORDER_LIFETIME_MS = 48 * 3_600_000;

/** Makes a request for something to be done to a cluster, by an approver; others of them decide on it. */
export async function askAnOrder(
  ports: BotPorts,
  context: CommandContext,
  command: OrderCommand,
): Promise<CommandReply> {
  const { asked, threadTs } = context;
  const key = gatewayKey(command.gateway);
  const what = `gateway ${key} was not removed`;
  const clock = clockRefusal(ports.clockCheck.offsetMs(), what);
  if (clock !== undefined) return refusalReply(clock);
  const entitlement = await clusterEntitlement(
    ports,
    asked.by.userId,
    "only the approvers can ask for a gateway to be removed",
  );
  if (isRefusal(entitlement)) return refusalReply({ ...entitlement, what });
  const hidden = cardHidden(placesOf(ports.config), asked);
  if (hidden !== undefined) return refusalReply({ ...hidden, what });
  const cluster = clusterOf(ports, command, what);
  if (isRefusal(cluster)) return refusalReply(cluster);
  const reason = command.reason ?? "";
  if (ports.config.approvals.reasonRequired && reason === "")
    return refusalReply(reasonMissing(what, command, cluster));
  const now = ports.clock.now();
  const order: AdminAsked = {
    by: asked.by,
    at: now,
    channel: asked.channel,
    threadTs,
    cluster: cluster.name,
    reason,
    latestEnd: now + ORDER_LIFETIME_MS,
    order: { kind: command.kind, gateway: command.gateway },
  };
  const details = { order: command.kind, gateway: key, cluster: cluster.name };
  await makeRequest(ports, asked.sourceId, { kind: "admin", asked: order, details });
  return undefined;
}

/** The one that is named, or the only one that has a gateway of that name. */
function clusterOf(
  ports: BotPorts,
  { cluster, gateway }: OrderCommand,
  what: string,
): Cluster | Refusal {
  const named = clustersNamed(ports, cluster, what);
  if (isRefusal(named)) return named;
  const key = gatewayKey(gateway);
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

function reasonMissing(what: string, { gateway }: OrderCommand, { name }: Cluster): Refusal {
  return refuse("ReasonMissing", {
    what,
    why: "a reason is required here, and none was given",
    fix: `write it at the end: \`gateway remove ${gatewayKey(gateway)} in ${name} because …\``,
  });
}
