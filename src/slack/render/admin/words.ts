import type { Order } from "#src/domain/admin/order.ts";
import { sharedConfigName } from "#src/domain/admin/registry-only/revisions.ts";
import { SIDECAR_NAME } from "#src/domain/admin/registry-only/team-sidecar.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import type { AdminRecord, Step } from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import { mention } from "../people.ts";
import { byWhom, lastApproval, lastNo, noWord, whyLapsed } from "../request/outcome.ts";
import { code, inline, moment } from "../text.ts";

/** What is ordered, in a sentence: `remove gateway egress-gw/egw of cluster prod`. */
export function orderText({ order, cluster }: AdminRecord["asked"]): string {
  if (order.kind === "gateway remove")
    return `remove gateway ${code(gatewayKey(order.gateway))} of cluster ${code(cluster)}`;
  return order.namespace === undefined
    ? `make the mesh of cluster ${code(cluster)} REGISTRY_ONLY`
    : `make namespace ${code(order.namespace)} of cluster ${code(cluster)} REGISTRY_ONLY`;
}

/** What an order that came to nothing did not do, and what one that is done leaves. */
export const ORDER_WORDS: Readonly<
  Record<Order["kind"], { readonly nothing: string; readonly stays: string }>
> = {
  "gateway remove": { nothing: "Nothing was removed.", stays: "stays" },
  "mesh registry-only": { nothing: "Nothing was changed.", stays: "stays open" },
};

/** As `orderText`, without mark-up. */
export function orderPlain(asked: AdminRecord["asked"]): string {
  return orderText(asked).replaceAll("`", "");
}

/** Whom it concerns, and what it is about. */
export function adminOpening({ id, asked }: Pick<AdminRecord, "id" | "asked">): string {
  return `${mention(asked.by.userId)} ${code(id)} ${orderText(asked)}`;
}

/** One step of an order. */
export const DOING: Readonly<Record<Step["kind"], (target: string) => string>> = {
  "egress-gateway": (target) => `disable the egress gateway ${code(target)} in Azure`,
  "static-gateway-configuration": (target) =>
    `delete StaticGatewayConfiguration ${code(target)}: its egress IP prefix is given back`,
  namespace: (target) => `delete namespace ${code(target)}`,
  "gateway-node-pool": (target) => `delete gateway node pool ${code(target)}`,
  "static-egress-feature": (target) =>
    `turn the static egress feature of cluster ${code(target)} off`,
  "shared-mesh-config": (target) =>
    `write \`outboundTrafficPolicy: {mode: REGISTRY_ONLY}\` into ConfigMap ${code(`aks-istio-system/${sharedConfigName(target)}`)}: sidecars of revision ${code(target)} refuse what has no entry; all else in it stays`,
  sidecar: (target) =>
    `create Sidecar ${code(`${target}/${SIDECAR_NAME}`)}: sidecars of that namespace refuse what has no entry`,
};

/** Of one that is over: what of a gateway stays is no failure, what was not closed is one. */
export function doneWord(record: AdminRecord): string {
  return isInPart(record) ? "carried out as far as it could be" : "done";
}

function isInPart({ asked, left = [] }: AdminRecord): boolean {
  return asked.order.kind === "mesh registry-only" && left.length > 0;
}

/** What became of an order, by whom and when. */
export function adminOutcome(record: AdminRecord): string {
  return LINES[record.state](record);
}

function goesOn(record: AdminRecord): string {
  return `*Approved*${byWhom(lastApproval(record))}; being carried out`;
}

const LINES: Readonly<Record<RequestState, (record: AdminRecord) => string>> = {
  planning: () => "Making the plan",
  pending: () => "*Waiting for approval*",
  refused: ({ refusal }) =>
    `:no_entry: *Not possible*: ${refusal === undefined ? "see the thread" : inline(refusal.why, 600)}`,
  denied: (record) => `:no_entry: *Denied*${byWhom(lastNo(record))}`,
  cancelled: (record) => `*${noWord(record)}*${byWhom(lastNo(record))}`,
  lapsed: (record) =>
    `*Lapsed* ${moment(record.since)}: ${whyLapsed(record)}. Ask again if it is still wanted.`,
  approved: (record) => `*Approved*${byWhom(lastApproval(record))}; checking it once more`,
  closing: (record) => `*${noWord(record)}*${byWhom(lastNo(record))}; being carried out`,
  applying: goesOn,
  // An order goes from being carried out to done.
  verifying: goesOn,
  active: goesOn,
  unproven: goesOn,
  ending: goesOn,
  ended: (record) =>
    isInPart(record)
      ? `:warning: *Carried out as far as it could be* ${moment(record.since)}`
      : `:white_check_mark: *Done* ${moment(record.since)}`,
};
