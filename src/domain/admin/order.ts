import type { GatewayRef } from "../grant.ts";

/** What can be ordered: `gateway remove` takes away what of a gateway Sallyport made and nothing else uses. */
export const ORDER_KINDS = ["gateway remove"] as const;

/** Something an approver asks to be done to a cluster, and other approvers decide on. */
export interface Order {
  readonly kind: (typeof ORDER_KINDS)[number];
  readonly gateway: GatewayRef;
}
