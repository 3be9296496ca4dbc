import type { OpenOrder } from "#src/domain/admin/cluster-orders.ts";
import type { GatewayNeed } from "#src/domain/plan/buildable.ts";
import type { ObservedInfrastructure } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { OwnProblem } from "#src/domain/plan/progress.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { Step } from "#src/domain/request/request.ts";
import type { GatewayLook } from "#src/requests/observe/gateways/gateway-states.ts";
import type { AzureTurn } from "./azure-turn.ts";
import type { EgressGateways, Place } from "./egress-gateways.ts";

/** What one tick of the lane sees without asking Azure. */
export interface Tick {
  readonly place: Place;
  readonly memory: EgressGateways;
  /** Whose gateways are to be there. */
  readonly grants: readonly OpenGrant[];
  /** Every gateway somebody needs, or that has an EgressGateway; in the configuration's order. */
  readonly looks: readonly GatewayLook[];
  /** Approved orders that are not done, oldest first. */
  readonly orders: readonly OpenOrder[];
  /** Nothing is built or changed but what ends. */
  readonly isFrozen: boolean;
  /** What is wrong with a gateway's own objects, by `namespace/name`. */
  readonly problems: ReadonlyMap<string, OwnProblem>;
}

/** What of a tick only Azure can tell: there where a gateway somebody needs is not complete. */
export interface Built {
  readonly infrastructure: ObservedInfrastructure | undefined;
  /** Of the gateways that are needed and not complete. */
  readonly needs: readonly GatewayNeed[];
  readonly turn: AzureTurn;
  /** Steps taken in this tick, by `namespace/name`. */
  readonly made: ReadonlyMap<string, readonly Step[]>;
  readonly problems: ReadonlyMap<string, OwnProblem>;
}

/** What a tick did for the oldest order of a kind, for whoever waits for it. */
export interface OrderTurn {
  /** Completes "waiting for …"; undefined once it is done. */
  readonly for: string | undefined;
}

/** It carries traffic, as far as the cluster itself shows. */
export function isServing({ observed, egressIpPrefix }: GatewayLook): boolean {
  return observed?.ready === true && egressIpPrefix !== undefined;
}
