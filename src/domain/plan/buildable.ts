import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import { stepsNotShown } from "#src/domain/plan/grant-digest.ts";
import {
  gatewayRefusal,
  infrastructureSteps,
  type ObservedInfrastructure,
} from "#src/domain/plan/infrastructure-steps.ts";
import type { Step } from "#src/domain/request/request.ts";

/** What keeps a gateway from being built until people decide again. */
export interface Obstacle {
  readonly step: Step;
  /** Why, and what to do. */
  readonly why: string;
}

/**
 * The steps a gateway still needs, where every one of them is in somebody's approved plan; else nothing at all is built
 * of it: what was taken away or put there by hand since the approval is for people to decide on.
 */
export function buildable(
  { cluster, gateway }: { readonly cluster: Cluster; readonly gateway: ConfiguredGateway },
  infrastructure: ObservedInfrastructure,
  approved: readonly Step[],
): { readonly steps: readonly Step[]; readonly obstacle?: Obstacle } {
  const steps = infrastructureSteps(cluster, gateway, infrastructure);
  const [missing] = stepsNotShown(steps, approved);
  if (missing !== undefined) {
    const why = "it is needed now and in nobody's approved plan; revoke this request and ask again";
    return { steps: [], obstacle: { step: missing, why } };
  }
  const taken = gatewayRefusal(gateway, infrastructure.azure);
  const last = steps.at(-1);
  return taken === undefined || last === undefined
    ? { steps }
    : { steps: [], obstacle: { step: last, why: `${taken.why}; ${taken.fix}` } };
}
