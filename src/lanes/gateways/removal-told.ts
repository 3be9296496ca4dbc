import type { OpenOrder } from "#src/domain/admin/cluster-orders.ts";
import { type Removable, removables, thingText } from "#src/domain/admin/removal/removable.ts";
import { sameJson } from "#src/domain/canonical.ts";
import { isSameThing } from "#src/domain/gateways/memory.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { USUALLY } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Progress, ProgressLine } from "#src/domain/request/request.ts";
import { finishOrder } from "#src/requests/admin/finish-order.ts";
import { transition } from "#src/requests/transition.ts";
import { bestEffort } from "../best-effort.ts";
import { progressKey } from "./progress.ts";
import type { Removing, RemovalTurn } from "./removal.ts";
import type { Tick } from "./tick.ts";

/** Stores how far a removal is, for people; repaints only when that changed. */
export async function recordRemoval(
  { place: { ports, cluster } }: Tick,
  {
    order,
    there,
  }: {
    readonly order: OpenOrder;
    /** What of the gateway is there; undefined where nobody looked. */
    readonly there: readonly Removable[] | undefined;
  },
  turn: RemovalTurn,
): Promise<void> {
  if (turn.for === undefined) return;
  const left = order.steps.filter(
    (step) => there?.some((each) => isSameThing(each.step, step)) !== false,
  );
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
  await bestEffort(ports, `telling how far the removal in ${cluster.name} is`, async () => {
    const key = progressKey(order.id);
    if (sameJson((await ports.lanes.read(key)) ?? null, progress)) return;
    await ports.lanes.write(key, progress);
    await ports.queue.add({ kind: "notify", requestId: order.id });
  });
}

/**
 * Forgets that what is gone was made here, tells whoever asked, and marks the order done: in this order, so that a crash
 * makes it be told and marked again, and never carried out again.
 */
export async function finishRemoval(
  { place, memory }: Tick,
  { order, sight }: Removing,
  left: readonly string[],
): Promise<void> {
  const { ports, mesh, cluster } = place;
  const there = removables(sight);
  const gone = order.steps.filter((step) => !there.some((each) => isSameThing(each.step, step)));
  await memory.forget(gone);
  await tellDone(place, order.id, { gateway: gatewayKey(order.asked.order.gateway), left });
  if (!(await finishOrder(ports, mesh, order.id))) return;
  ports.log.info(
    { cluster: cluster.name, subject: `order ${order.id}`, action: "updated" },
    "object changed",
  );
}

/** Where its request is not stored any more, the approvers' channel hears of it. */
async function tellDone(
  { ports, cluster }: Tick["place"],
  id: string,
  { gateway, left }: { readonly gateway: string; readonly left: readonly string[] },
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
        `Gateway ${gateway} of cluster ${cluster.name} is removed (${id}). ${left.length === 0 ? "" : `What stays: ${left.join("; ")}.`}`,
      );
  });
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
