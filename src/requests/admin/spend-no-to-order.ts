import { ordersOf } from "#src/domain/admin/cluster-orders.ts";
import { egressClusterRef } from "#src/domain/request/freezes.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { AdminRecord } from "#src/domain/request/request.ts";
import { preconditionOf } from "../admission/egress-grants.ts";
import { EVENT_OF, type No } from "../admission/no-of.ts";
import { spendPlan } from "../admission/spend-plan.ts";
import type { LanePorts } from "../lane-ports.ts";
import { transition } from "../transition.ts";

/** Uses up the plan of an order somebody said no to; one that was admitted meanwhile goes no further. */
export async function spendNoToOrder(
  ports: LanePorts,
  record: AdminRecord,
  { cause, answers }: { readonly cause: No; readonly answers: string | undefined },
): Promise<void> {
  const { id, asked } = record;
  await spendPlan(ports, record);
  const mesh = await ports.meshOf(asked.cluster);
  const cluster = await mesh.get(egressClusterRef(ports));
  const orders = ordersOf(cluster);
  if (
    cluster !== undefined &&
    orders.some((entry) => entry.id === id && entry.doneAt === undefined)
  ) {
    const doneAt = timeText(ports.clock.now());
    const stopped = orders.map((entry) =>
      entry.id === id && entry.doneAt === undefined ? { ...entry, doneAt } : entry,
    );
    await mesh.patch(
      egressClusterRef(ports),
      { spec: { orders: stopped } },
      preconditionOf(cluster),
    );
  }
  await transition(ports, id, () => ({
    event: EVENT_OF[cause],
    actor: "worker",
    details: { cause, ...(answers === undefined ? {} : { answers }) },
  }));
}
