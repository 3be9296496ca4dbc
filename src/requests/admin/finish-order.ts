import { ordersOf } from "#src/domain/admin/cluster-orders.ts";
import { timeText } from "#src/domain/request/egress-grant/egress-grant.ts";
import { egressClusterRef } from "#src/domain/request/freezes.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { preconditionOf } from "../admission/egress-grants.ts";
import type { LanePorts } from "../lane-ports.ts";

/** Marks an order done, so that nothing more is carried out for it; false where there is none that is not. */
export async function finishOrder(
  ports: Pick<LanePorts, "clock" | "systemNamespace">,
  mesh: Mesh,
  id: string,
): Promise<boolean> {
  const cluster = await mesh.get(egressClusterRef(ports));
  const isOpen = ordersOf(cluster).some((each) => each.id === id && each.doneAt === undefined);
  if (cluster === undefined || !isOpen) return false;
  const doneAt = timeText(ports.clock.now());
  const orders = ordersOf(cluster).map((each) =>
    each.id === id && each.doneAt === undefined ? { ...each, doneAt } : each,
  );
  await mesh.patch(egressClusterRef(ports), { spec: { orders } }, preconditionOf(cluster));
  return true;
}
