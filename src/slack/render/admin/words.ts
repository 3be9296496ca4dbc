import { gatewayKey } from "#src/domain/grant.ts";
import type { AdminRecord, Step } from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import { mention } from "../people.ts";
import { byWhom, lastApproval, lastNo, noWord, whyLapsed } from "../request/outcome.ts";
import { code, inline, moment } from "../text.ts";

/** What is ordered, in a sentence: `remove gateway egress-gw/egw of cluster prod`. */
export function orderText({ order, cluster }: AdminRecord["asked"]): string {
  return `remove gateway ${code(gatewayKey(order.gateway))} of cluster ${code(cluster)}`;
}

/** As `orderText`, without mark-up. */
export function orderPlain(asked: AdminRecord["asked"]): string {
  return orderText(asked).replaceAll("`", "");
}

/** Whom it concerns, and what it is about. */
export function adminOpening({ id, asked }: Pick<AdminRecord, "id" | "asked">): string {
  return `${mention(asked.by.userId)} ${code(id)} ${orderText(asked)}`;
}

/** One step of a removal. */
export const REMOVING: Readonly<Record<Step["kind"], (target: string) => string>> = {
  "egress-gateway": (target) => `disable the egress gateway ${code(target)} in Azure`,
  "static-gateway-configuration": (target) =>
    `delete StaticGatewayConfiguration ${code(target)}: its egress IP prefix is given back`,
  namespace: (target) => `delete namespace ${code(target)}`,
  "gateway-node-pool": (target) => `delete gateway node pool ${code(target)}`,
  "static-egress-feature": (target) =>
    `turn the static egress feature of cluster ${code(target)} off`,
};

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
  ended: (record) => `:white_check_mark: *Done* ${moment(record.since)}`,
};
