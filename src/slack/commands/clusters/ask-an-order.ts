import type { OrderCommand } from "#src/domain/grammar/command.ts";
import type { Order } from "#src/domain/admin/order.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import type { AdminAsked } from "#src/domain/request/request.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { cardHidden, placesOf } from "../../card-channel.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";
import { clusterEntitlement } from "./cluster-entitlement.ts";
import { makeRequest } from "../make-request.ts";
import { clusterOfOrder } from "./cluster-of-order.ts";

/** An order that is not admitted by then is worth nothing. */
const ORDER_LIFETIME_MS = 48 * 3_600_000;

/** Makes a request for something to be done to a cluster, by an approver; others of them decide on it. */
export async function askAnOrder(
  ports: BotPorts,
  context: CommandContext,
  command: OrderCommand,
): Promise<CommandReply> {
  const { asked, threadTs } = context;
  const order = orderIn(command);
  const what = whatNot(order, command.cluster);
  const clock = clockRefusal(ports.clockCheck.offsetMs(), what);
  if (clock !== undefined) return refusalReply(clock);
  const entitlement = await clusterEntitlement(
    ports,
    asked.by.userId,
    `only the approvers can ask for ${ASKED[order.kind]}`,
  );
  if (isRefusal(entitlement)) return refusalReply({ ...entitlement, what });
  const hidden = cardHidden(placesOf(ports.config), asked);
  if (hidden !== undefined) return refusalReply({ ...hidden, what });
  const cluster = clusterOfOrder(ports, { order, cluster: command.cluster, what });
  if (isRefusal(cluster)) return refusalReply(cluster);
  const reason = command.reason ?? "";
  if (ports.config.approvals.reasonRequired && reason === "")
    return refusalReply(reasonMissing(what, lineOf(order, cluster.name)));
  const now = ports.clock.now();
  const wish: AdminAsked = {
    by: asked.by,
    at: now,
    channel: asked.channel,
    threadTs,
    cluster: cluster.name,
    reason,
    latestEnd: now + ORDER_LIFETIME_MS,
    order,
  };
  const { kind, ...about } = order;
  const details = { order: kind, ...about, cluster: cluster.name };
  const { sourceId } = asked;
  await makeRequest(
    ports,
    { sourceId, eventId: sourceId },
    { kind: "admin", asked: wish, details },
  );
  return undefined;
}

function orderIn(command: OrderCommand): Order {
  if (command.kind === "gateway remove") return { kind: command.kind, gateway: command.gateway };
  const { kind, namespace } = command;
  return namespace === undefined ? { kind } : { kind, namespace };
}

const ASKED: Readonly<Record<Order["kind"], string>> = {
  "gateway remove": "a gateway to be removed",
  "mesh registry-only": "a mesh to be made REGISTRY_ONLY",
};

function whatNot(order: Order, cluster: string | undefined): string {
  if (order.kind === "gateway remove")
    return `gateway ${gatewayKey(order.gateway)} was not removed`;
  const where = order.namespace === undefined ? "the mesh" : `namespace ${order.namespace}`;
  return `${where} of cluster ${cluster ?? "which is not named"} was not changed`;
}

/** As somebody writes it, without the reason. */
function lineOf(order: Order, cluster: string): string {
  if (order.kind === "gateway remove")
    return `${order.kind} ${gatewayKey(order.gateway)} in ${cluster}`;
  const { kind, namespace } = order;
  return `${kind} ${cluster}${namespace === undefined ? "" : ` namespace ${namespace}`}`;
}

function reasonMissing(what: string, line: string): Refusal {
  return refuse("ReasonMissing", {
    what,
    why: "a reason is required here, and none was given",
    fix: `write it at the end: \`${line} because …\``,
  });
}
