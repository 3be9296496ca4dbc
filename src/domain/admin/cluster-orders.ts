import { z } from "zod";
import { SPENDABLE_FOR_MS } from "../approval/admission.ts";
import { sameJson } from "../canonical.ts";
import { gatewayKey, type GatewayRef } from "../grant.ts";
import { listOf } from "../json.ts";
import type { GatewayRemoval, Order, RegistryOnly } from "./order.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { type Chain, openChain } from "../request/egress-grant/admission-chain.ts";
import { asksForEgress } from "../request/kinds.ts";
import type { AdminAsked, Step } from "../request/request.ts";
import { EpochMs, Step as StepShape } from "../request/shapes.ts";
import { envelopeDigest } from "../request/signed/envelope.ts";
import { openStatement, type Trust } from "../request/signed/signature.ts";

/*
 * An approved order is kept in the cluster's EgressCluster: the statements it rests on, and its admission, which the
 * worker signs over the object's UID as a record named `order:CLUSTER:ID`. It is carried out until it is marked done.
 */

const Entry = z.object({
  id: z.string(),
  statements: z.object({
    request: z.unknown(),
    plan: z.unknown(),
    card: z.unknown(),
    decisions: z.array(z.unknown()).max(1),
  }),
  admission: z.unknown(),
  doneAt: z.string().optional(),
});
export type OrderEntry = z.infer<typeof Entry>;

/** Each alone: one that somebody wrote in another way hides none of the others. */
export function ordersOf(cluster: KubernetesObject | undefined): readonly OrderEntry[] {
  return listOf(cluster?.spec?.["orders"]).flatMap((entry) => Entry.safeParse(entry).data ?? []);
}

/** What the worker signs when it admits an order. */
export const OrderAdmission = z.object({
  /** Of the EgressCluster. */
  uid: z.string().min(1).max(64),
  /** Of the namespace kube-system. */
  clusterUid: z.string().min(1).max(64),
  /** Digests of the statements it rests on. */
  plan: z.string().max(64),
  decisions: z.array(z.string().max(64)).length(1),
  /** No other step is ever taken for it. */
  steps: z.array(StepShape).max(64),
  at: EpochMs,
});
export type OrderAdmission = z.infer<typeof OrderAdmission>;

export function orderName(cluster: string, id: string): string {
  return `order:${cluster}:${id}`;
}

/** An order that is being carried out. */
export interface OpenOrder<Kind extends Order = Order> {
  readonly id: string;
  readonly asked: AdminAsked & { readonly order: Kind };
  readonly steps: readonly Step[];
  /** Epoch ms. */
  readonly admittedAt: number;
}

export interface ReadOrders {
  readonly open: readonly OpenOrder[];
  /** Ids of those that are in the cluster, not done, and rest on nothing: they are not carried out. */
  readonly unfounded: readonly string[];
}

export interface OfCluster {
  readonly trust: Trust;
  readonly cluster: string;
  readonly clusterUid: string;
  /** Epoch ms. */
  readonly now: number;
}

/** The orders that are not done, oldest first: all of it has to verify, as for a grant. */
export function openOrdersOf(cluster: KubernetesObject | undefined, of: OfCluster): ReadOrders {
  const open: OpenOrder[] = [];
  const unfounded: string[] = [];
  for (const entry of ordersOf(cluster)) {
    if (entry.doneAt !== undefined) continue;
    const order = openOrder(entry, cluster?.metadata.uid, of);
    if (order === undefined) unfounded.push(entry.id);
    else open.push(order);
  }
  return { open: open.toSorted((one, other) => one.admittedAt - other.admittedAt), unfounded };
}

export function removalsIn(orders: readonly OpenOrder[]): readonly OpenOrder<GatewayRemoval>[] {
  return orders.filter((each) => isOf(each, "gateway remove"));
}

export function closingsIn(orders: readonly OpenOrder[]): readonly OpenOrder<RegistryOnly>[] {
  return orders.filter((each) => isOf(each, "mesh registry-only"));
}

function isOf<Kind extends Order["kind"]>(
  order: OpenOrder,
  kind: Kind,
): order is OpenOrder<Extract<Order, { readonly kind: Kind }>> {
  return order.asked.order.kind === kind;
}

/** The order that removes this gateway, where one is being carried out. */
export function removalOf(
  orders: readonly OpenOrder[],
  gateway: GatewayRef,
): OpenOrder<GatewayRemoval> | undefined {
  return removalsIn(orders).find(
    ({ asked }) => gatewayKey(asked.order.gateway) === gatewayKey(gateway),
  );
}

function openOrder(
  { id, statements, admission }: OrderEntry,
  uid: string | undefined,
  { trust, cluster, clusterUid, now }: OfCluster,
): OpenOrder | undefined {
  const opened = openStatement(trust, admission, { kind: "record", role: "worker", at: now });
  if (!opened.opened || opened.statement.payload.name !== orderName(cluster, id)) return undefined;
  const said = OrderAdmission.safeParse(opened.statement.payload.value).data;
  const chain = openChain(trust, statements, { requestId: id, cluster, at: now });
  if (said === undefined || typeof chain === "string" || !restsOn(said, chain)) return undefined;
  const { asked } = chain.request.payload;
  if (said.at > asked.latestEnd) return undefined;
  if (asksForEgress(asked) || said.uid !== uid || said.clusterUid !== clusterUid) return undefined;
  return { id, asked, steps: said.steps, admittedAt: said.at };
}

function restsOn({ plan, decisions, steps }: OrderAdmission, chain: Chain): boolean {
  const shown = chain.plan.payload.steps;
  return (
    plan === envelopeDigest(chain.plan.envelope) &&
    sameJson(
      decisions,
      chain.decisions.map(({ envelope }) => envelopeDigest(envelope)),
    ) &&
    chain.decisions.every(({ payload }) => payload.verdict === "approve") &&
    steps.every((step) => shown.some((each) => sameJson(each, step)))
  );
}

/** The resource holds few; one that is done may go once no decision on it can be used any more. */
export function withOrder(
  cluster: KubernetesObject,
  added: OrderEntry,
  now: number,
): readonly OrderEntry[] {
  const kept = ordersOf(cluster).filter(
    ({ doneAt }) => doneAt === undefined || now - Date.parse(doneAt) <= SPENDABLE_FOR_MS,
  );
  return [...kept, added];
}

/** So many the resource has room for. */
export const MOST_ORDERS = 6;
