import { canonicalJson } from "../canonical.ts";
import type { Cluster } from "../directory.ts";
import type { Step } from "../request/request.ts";
import type { GatewayState } from "./azure/infrastructure.ts";
import {
  gatewayRefusal,
  infrastructureSteps,
  type ObservedInfrastructure,
} from "./azure/infrastructure-steps.ts";

/** What keeps a gateway from being built until people decide again. */
export interface Obstacle {
  readonly step: Step;
  /** Why, and what to do. */
  readonly why: string;
}

/** One wanted gateway: how far it has got, what it lacks, and what of that may be built. */
export interface GatewayNeed {
  readonly state: GatewayState;
  /** Every step that is still to be taken. */
  readonly missing: readonly Step[];
  /** Those that may be taken: all of `missing`, or none. */
  readonly steps: readonly Step[];
  readonly obstacle: Obstacle | undefined;
}

/** Steps in somebody's approved plan, so that each of many gateways is looked up and not compared. */
export type ApprovedSteps = ReadonlySet<string>;

export function approvedSteps(steps: readonly Step[]): ApprovedSteps {
  return new Set(steps.map(canonicalJson));
}

/**
 * What a gateway still needs. Where one step of it is in nobody's approved plan, nothing at all is built of it: what was
 * taken away or put there by hand since the approval is for people to decide on.
 */
export function needOf(
  { cluster, state }: { readonly cluster: Cluster; readonly state: GatewayState },
  infrastructure: ObservedInfrastructure,
  approved: ApprovedSteps,
): GatewayNeed {
  const missing = infrastructureSteps(cluster, state.gateway, infrastructure);
  const unapproved = missing.find((step) => !approved.has(canonicalJson(step)));
  if (unapproved !== undefined) {
    const why = "it is needed now and in nobody's approved plan; revoke this request and ask again";
    return { state, missing, steps: [], obstacle: { step: unapproved, why } };
  }
  const taken = gatewayRefusal(state.gateway, infrastructure.azure);
  const last = missing.at(-1);
  return taken === undefined || last === undefined
    ? { state, missing, steps: missing, obstacle: undefined }
    : { state, missing, steps: [], obstacle: { step: last, why: `${taken.why}; ${taken.fix}` } };
}
