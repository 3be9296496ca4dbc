import { z } from "zod";
import { sameJson } from "../canonical.ts";
import type { KubernetesObject, ObjectRef } from "../kubernetes-object.ts";
import type { ClusterDecision } from "./request.ts";
import { openStatement, type Signed, type Trust } from "./signed/signature.ts";

/** The one EgressCluster of a cluster. */
export const EGRESS_CLUSTER = "cluster";

/** Where it is. */
export function egressClusterRef({
  systemNamespace,
}: {
  readonly systemNamespace: string;
}): ObjectRef {
  return { kind: "EgressCluster", namespace: systemNamespace, name: EGRESS_CLUSTER };
}

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
  /** What lanes saw before: the freezes that nobody had lifted, and lifts. */
  readonly seen: readonly Signed<ClusterDecision>[];
}

/**
 * The freezes in force. To freeze takes the least: an entry nobody has lifted, whoever wrote it, or a genuine decision
 * that was seen once, wherever it is now. To lift takes a genuine decision that names it, or was made after it and
 * names none.
 */
export function inForce(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly string[] {
  const lifts = openOrders(orders, freezing);
  const unsigned = entries.filter(
    (entry) =>
      freezeOf(entry, freezing) === undefined &&
      !isLifted(entry, freezing) &&
      !lifts.some((lift) => isLiftOf(lift, { id: entry.id, at: 0 })),
  );
  const genuine = genuineInForce(entries, orders, freezing);
  return [
    ...new Set([...unsigned.map(({ id }) => id), ...genuine.map(({ payload }) => payload.id)]),
  ];
}

/** Those of them that somebody is known to have ordered, wherever it says so; each once. */
function genuineInForce(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly Signed<ClusterDecision>[] {
  const known = knownOrders(entries, orders, freezing);
  const freezes = new Map(
    known
      .filter(({ payload }) => payload.verdict === "freeze")
      .map((order) => [order.payload.id, order]),
  );
  return [...freezes.values()].filter(
    ({ payload }) => !known.some((lift) => isLiftOf(lift, payload)),
  );
}

/** Those lanes have seen before, that nobody lifted, and that are not in the list any more, nor on their way there. */
export function goneUnlifted(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly ClusterDecision[] {
  const coming = new Set(openOrders(orders, freezing).map(({ payload }) => payload.id));
  return genuineInForce(entries, orders, freezing)
    .filter((order) => !entries.some((entry) => isEntryOf(entry, order, freezing)))
    .map(({ payload }) => payload)
    .filter(({ id }) => !coming.has(id));
}

/** So many freezes and so many lifts are remembered: more than the resource holds. */
const SEEN = 30;

/**
 * What has to be remembered, so that a freeze holds although somebody takes it out of the cluster, and an old one does not
 * come back after it was lifted.
 */
export function toRemember(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly Signed<ClusterDecision>[] {
  const lifts = new Map(
    knownOrders(entries, orders, freezing)
      .filter(({ payload }) => payload.verdict === "unfreeze")
      .map((order) => [order.payload.id, order]),
  );
  return [...newest(genuineInForce(entries, orders, freezing)), ...newest([...lifts.values()])];
}

function newest(orders: readonly Signed<ClusterDecision>[]): readonly Signed<ClusterDecision>[] {
  return orders.toSorted((one, other) => one.payload.at - other.payload.at).slice(-SEEN);
}

function knownOrders(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly Signed<ClusterDecision>[] {
  const freezes = entries.flatMap((entry) => freezeOf(entry, freezing) ?? []);
  const lifts = openOrders(
    entries.map(({ lifted }) => lifted),
    freezing,
  ).filter(({ payload }) => payload.verdict === "unfreeze");
  return [...freezing.seen, ...freezes, ...lifts, ...openOrders(orders, freezing)];
}

/** The resource holds 20; room is left for some that come at once. */
const KEPT = 15;

/**
 * `spec.freezes` with every genuine order in it, and with every freeze that went away although nobody lifted it. Of a
 * long list the oldest that were lifted go.
 */
export function withOrders(
  entries: readonly FreezeEntry[],
  orders: readonly unknown[],
  freezing: Freezing,
): readonly FreezeEntry[] {
  function add(
    list: readonly FreezeEntry[],
    order: Signed<ClusterDecision>,
  ): readonly FreezeEntry[] {
    return withFreeze(list, order, { entries, freezing });
  }
  let list = entries;
  for (const order of openOrders(orders, freezing))
    list =
      order.payload.verdict === "unfreeze"
        ? list.flatMap((entry) => liftedBy(order, entry, freezing))
        : add(list, order);
  for (const order of genuineInForce(entries, orders, freezing)) list = add(list, order);
  // What is signed has its time: a lift seen earlier is of what was decided before it, and of nothing else.
  for (const lift of freezing.seen)
    list = list.flatMap((entry) =>
      freezeOf(entry, freezing) === undefined ? [entry] : liftedBy(lift, entry, freezing),
    );
  return sameJson(plain(list), plain(entries)) ? entries : withoutOldest(list, freezing);
}

/** As the resource has them. */
export function plain(entries: readonly FreezeEntry[]): readonly FreezeEntry[] {
  return entries.map(({ id, decision, lifted }) => ({
    id,
    ...(decision === undefined ? {} : { decision }),
    ...(lifted === undefined ? {} : { lifted }),
  }));
}

function withFreeze(
  list: readonly FreezeEntry[],
  order: Signed<ClusterDecision>,
  { entries, freezing }: { readonly entries: readonly FreezeEntry[]; readonly freezing: Freezing },
): readonly FreezeEntry[] {
  const { id } = order.payload;
  if (list.some((entry) => isEntryOf(entry, order, freezing))) return list;
  // Another one under its name that is called lifted: the API server takes the right one only when that has gone.
  return entries.some((entry) => entry.id === id && entry.lifted !== undefined)
    ? list.filter((entry) => entry.id !== id || entry.lifted === undefined)
    : [...list, { id, decision: order.envelope }];
}

function isEntryOf(
  entry: FreezeEntry,
  { payload, envelope }: Signed<ClusterDecision>,
  freezing: Freezing,
): boolean {
  return (
    entry.id === payload.id &&
    (freezeOf(entry, freezing) !== undefined || sameJson(entry.decision ?? null, envelope))
  );
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
  entry: FreezeEntry,
  freezing: Freezing,
): { readonly id: string; readonly at: number } {
  return { id: entry.id, at: freezeOf(entry, freezing)?.payload.at ?? 0 };
}

/** What an entry's own decision orders; undefined where it is not genuine, or another one. */
function freezeOf(
  { id, decision }: FreezeEntry,
  freezing: Freezing,
): Signed<ClusterDecision> | undefined {
  return openOrders([decision], freezing).find(
    ({ payload }) => payload.verdict === "freeze" && payload.id === id,
  );
}

/** Those that are genuine and of this cluster, in the order given. */
export function openOrders(
  orders: readonly unknown[],
  { trust, cluster, now }: Omit<Freezing, "seen">,
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
