import type { AdminRecord } from "#src/domain/request/request.ts";
import { EVENT_OF, type No } from "../admission/no-of.ts";
import { spendPlan } from "../admission/spend-plan.ts";
import type { LanePorts } from "../lane-ports.ts";
import { finishOrder } from "./finish-order.ts";
import { transition } from "../transition.ts";

/** Uses up the plan of an order somebody said no to; one that was admitted meanwhile goes no further. */
export async function spendNoToOrder(
  ports: LanePorts,
  record: AdminRecord,
  { cause, answers }: { readonly cause: No; readonly answers: string | undefined },
): Promise<void> {
  const { id, asked } = record;
  await spendPlan(ports, record);
  await finishOrder(ports, await ports.meshOf(asked.cluster), id);
  await transition(ports, id, () => ({
    event: EVENT_OF[cause],
    actor: "worker",
    details: { cause, ...(answers === undefined ? {} : { answers }) },
  }));
}
