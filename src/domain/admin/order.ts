import type { GatewayRef } from "../grant.ts";

/** Something an approver asks to be done to a cluster, and other approvers decide on. */
export type Order = GatewayRemoval | RegistryOnly;

/** Takes away what of a gateway Sallyport made and nothing else uses. */
export interface GatewayRemoval {
  readonly kind: "gateway remove";
  readonly gateway: GatewayRef;
}

/** From then on what has no entry is refused: in the whole mesh, or in one namespace. */
export interface RegistryOnly {
  readonly kind: "mesh registry-only";
  readonly namespace?: string;
}
