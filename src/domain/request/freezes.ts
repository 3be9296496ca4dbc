import { z } from "zod";
import type { KubernetesObject } from "../kubernetes-object.ts";
import type { ClusterDecision } from "./request.ts";
import { openStatement, type Signed, type Trust } from "./signature.ts";

/** The one EgressCluster of a cluster. */
export const EGRESS_CLUSTER = "cluster";

const FreezeEntry = z.object({
  id: z.string(),
  decision: z.unknown().optional(),
  lifted: z.unknown().optional(),
});
export type FreezeEntry = z.infer<typeof FreezeEntry>;

/** Freezes as an EgressCluster lists them; append-only there. */
export function freezesOf(cluster: KubernetesObject | undefined): readonly FreezeEntry[] {
  return z.array(FreezeEntry).safeParse(cluster?.spec?.["freezes"]).data ?? [];
}

export interface Freezing {
  readonly trust: Trust;
  readonly cluster: string;
  /** Epoch ms. */
  readonly now: number;
}

/**
 * The freezes in force. To freeze takes the least: an entry nobody has lifted, whoever wrote it. To lift takes a genuine
 * decision that names it, or was made after it and names none.
 */
export function inForce(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly string[] {
  const genuine = openOrders(orders, freezing);
  const lifts = genuine.filter(({ payload }) => payload.verdict === "unfreeze");
  const written = entries.filter(({ id, decision, lifted }) => {
    const [freeze] = openOrders([decision], freezing);
    const at = freeze?.payload.at ?? 0;
    return ![...openOrders([lifted], freezing), ...lifts].some((lift) =>
      isLiftOf(lift, { id, at }),
    );
  });
  const known = new Set(entries.map(({ id }) => id));
  const coming = genuine.filter(
    ({ payload }) =>
      payload.verdict === "freeze" &&
      !known.has(payload.id) &&
      !lifts.some((lift) => isLiftOf(lift, payload)),
  );
  return [...written.map(({ id }) => id), ...coming.map(({ payload }) => payload.id)];
}

/** `spec.freezes` with every genuine order in it; the same list where there is nothing to write. */
export function withOrders(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly FreezeEntry[] {
  let list = entries;
  for (const order of openOrders(orders, freezing)) {
    const { payload, envelope } = order;
    if (payload.verdict === "freeze") {
      if (!list.some(({ id }) => id === payload.id))
        list = [...list, { id: payload.id, decision: envelope, lifted: undefined }];
      continue;
    }
    list = list.map((entry) => {
      const at = openOrders([entry.decision], freezing)[0]?.payload.at ?? 0;
      return entry.lifted === undefined && isLiftOf(order, { id: entry.id, at })
        ? { ...entry, lifted: envelope }
        : entry;
    });
  }
  return list;
}

/** Those that are genuine and of this cluster, in the order given. */
export function openOrders(
  orders: readonly unknown[],
  { trust, cluster, now }: Freezing,
): readonly Signed<ClusterDecision>[] {
  return orders.flatMap((raw) => {
    if (raw === undefined) return [];
    const opened = openStatement(trust, raw, { kind: "decision", at: now });
    if (!opened.opened) return [];
    const { payload, envelope } = opened.statement;
    return payload.about === "cluster" && payload.cluster === cluster
      ? [{ payload, envelope }]
      : [];
  });
}

function isLiftOf(
  { payload: lift }: Signed<ClusterDecision>,
  freeze: { readonly id: string; readonly at: number },
): boolean {
  if (lift.verdict !== "unfreeze") return false;
  return lift.lifts === undefined ? lift.at > freeze.at : lift.lifts.includes(freeze.id);
}
