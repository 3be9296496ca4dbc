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
  const written = entries.filter(
    (entry) =>
      !isLifted(entry, freezing) && !lifts.some((lift) => isLiftOf(lift, whenOf(entry, freezing))),
  );
  const known = new Set(entries.map(({ id }) => id));
  const coming = genuine.filter(
    ({ payload }) =>
      payload.verdict === "freeze" &&
      !known.has(payload.id) &&
      !lifts.some((lift) => isLiftOf(lift, payload)),
  );
  return [...written.map(({ id }) => id), ...coming.map(({ payload }) => payload.id)];
}

/** The resource holds 20; room is left for some that come at once. */
const KEPT = 15;

/**
 * `spec.freezes` with every genuine order in it. Of a long list the oldest that were lifted go.
 */
export function withOrders(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly FreezeEntry[] {
  let list = entries;
  for (const order of openOrders(orders, freezing)) {
    const { payload, envelope } = order;
    if (payload.verdict === "unfreeze")
      list = list.flatMap((entry) => liftedBy(order, entry, freezing));
    else if (!list.some(({ id }) => id === payload.id))
      list = [...list, { id: payload.id, decision: envelope, lifted: undefined }];
  }
  return list === entries ? entries : withoutOldest(list, freezing);
}

function liftedBy(
  order: Signed<ClusterDecision>,
  entry: FreezeEntry,
  freezing: Freezing,
): readonly FreezeEntry[] {
  if (!isLiftOf(order, whenOf(entry, freezing))) return [entry];
  if (entry.lifted === undefined) return [{ ...entry, lifted: order.envelope }];
  // Called lifted by somebody who may not: that is never changed, but the entry may go.
  return isLifted(entry, freezing) ? [entry] : [];
}

function withoutOldest(list: readonly FreezeEntry[], freezing: Freezing): readonly FreezeEntry[] {
  const over = list.filter((entry) => isLifted(entry, freezing)).slice(0, list.length - KEPT);
  return list.length > KEPT ? list.filter((entry) => !over.includes(entry)) : list;
}

function isLifted(entry: FreezeEntry, freezing: Freezing): boolean {
  return openOrders([entry.lifted], freezing).some((lift) =>
    isLiftOf(lift, whenOf(entry, freezing)),
  );
}

/** An entry nobody signed was there always: any genuine lift is of it, too. */
function whenOf(
  { id, decision }: FreezeEntry,
  freezing: Freezing,
): { readonly id: string; readonly at: number } {
  return { id, at: openOrders([decision], freezing)[0]?.payload.at ?? 0 };
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
