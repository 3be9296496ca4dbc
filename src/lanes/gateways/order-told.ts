import type { OpenOrder } from "#src/domain/admin/cluster-orders.ts";
import type { Order } from "#src/domain/admin/order.ts";
import { thingText } from "#src/domain/admin/removal/removable.ts";
import { sameJson } from "#src/domain/canonical.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { USUALLY } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Progress, ProgressLine, Step } from "#src/domain/request/request.ts";
import { finishOrder } from "#src/requests/admin/finish-order.ts";
import { transition } from "#src/requests/transition.ts";
import { bestEffort } from "../best-effort.ts";
import { progressKey } from "./progress.ts";
import type { OrderTurn, Tick } from "./tick.ts";

/** Stores how far an order is, for people; repaints only when that changed. `left`: the steps that are not taken yet. */
export async function recordOrder(
  { place: { ports, cluster } }: Tick,
  { order, left }: { readonly order: OpenOrder; readonly left: readonly Step[] },
  turn: OrderTurn,
): Promise<void> {
  if (turn.for === undefined) return;
  const lines = order.steps.map((step): ProgressLine => {
    const text = thingText(step);
    if (!left.includes(step)) return { step: step.kind, status: "done", text };
    return step === left[0]
      ? {
          step: step.kind,
          status: "running",
          text: `${text}: waiting for ${turn.for}`,
          usually: USUALLY[step.kind],
        }
      : { step: step.kind, status: "todo", text };
  });
  const progress = { lines } satisfies Progress;
  await bestEffort(ports, `telling how far ${order.id} in ${cluster.name} is`, async () => {
    const key = progressKey(order.id);
    if (sameJson((await ports.lanes.read(key)) ?? null, progress)) return;
    await ports.lanes.write(key, progress);
    await ports.queue.add({ kind: "notify", requestId: order.id });
  });
}

/**
 * Tells whoever asked, and marks the order done: in this order, so that a crash makes it be told and marked again, and
 * never carried out again.
 */
export async function markDone(
  { place }: Tick,
  order: OpenOrder,
  left: readonly string[],
): Promise<void> {
  const { ports, mesh, cluster } = place;
  await tellDone(place, order, left);
  if (!(await finishOrder(ports, mesh, order.id))) return;
  ports.log.info(
    { cluster: cluster.name, subject: `order ${order.id}`, action: "updated" },
    "object changed",
  );
}

/** Where its request is not stored any more, the approvers' channel hears of it. */
async function tellDone(
  { ports, cluster }: Tick["place"],
  { id, asked: { order } }: OpenOrder,
  left: readonly string[],
): Promise<void> {
  await bestEffort(ports, `telling that ${id} is done`, async () => {
    const moved = await transition(ports, id, () => ({
      event: "done",
      patch: { left },
      actor: "worker",
      details: { left: left.length },
    }));
    if (moved.record === undefined)
      await ports.announcer.tell(
        `removed:${cluster.name}:${id}`,
        `${doneText(order, cluster.name)} (${id}). ${left.length === 0 ? "" : `What stays: ${left.join("; ")}.`}`,
      );
  });
}

function doneText(order: Order, cluster: string): string {
  if (order.kind === "gateway remove")
    return `Gateway ${gatewayKey(order.gateway)} of cluster ${cluster} is removed`;
  const where = order.namespace === undefined ? "The mesh" : `Namespace ${order.namespace}`;
  return `${where} of cluster ${cluster} was ordered to refuse what has no entry`;
}

/** An order nobody approved is not carried out; that somebody could write it has to be found out. */
export async function tellUnfounded(
  { ports, cluster }: Tick["place"],
  ids: readonly string[],
): Promise<void> {
  const key = `orders-unfounded:${cluster.name}`;
  if (ids.length === 0) return ports.announcer.over(key);
  return ports.announcer.tell(
    key,
    `EgressCluster ${ports.systemNamespace}/cluster of cluster ${cluster.name} has orders that rest on no approval Sallyport can verify: ${ids.join(", ")}. ` +
      "They are not carried out. Find out who can write there, and whether keys were exchanged.",
  );
}
