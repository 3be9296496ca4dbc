import type { Cluster, ConfiguredGateway } from "#src/domain/directory.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import {
  poolRefusal,
  prefixRefusal,
  takesPrefix,
  waitingForPrefix,
} from "#src/domain/plan/azure/capacity.ts";
import {
  infrastructureSteps,
  type ObservedInfrastructure,
} from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { Plan } from "#src/domain/request/request.ts";
import { errorText, isAdapterError } from "#src/ports/errors.ts";
import type { LanePorts } from "../lane-ports.ts";
import { addressOf } from "./cluster-address.ts";

interface Place {
  readonly cluster: Cluster;
  readonly gateway: ConfiguredGateway;
}

/**
 * What has to be built for a gateway, or why Azure has no room for it. Azure's quota is asked only where a public IP
 * prefix is to be made; one that cannot be read is told, and holds nothing up.
 */
export async function roomFor(
  { clusters }: Pick<LanePorts, "clusters">,
  { cluster, gateway }: Place,
  infrastructure: ObservedInfrastructure,
): Promise<Pick<Plan, "steps" | "notJudged"> | Refusal> {
  const { azure, gatewayConfigurations } = infrastructure;
  const steps = infrastructureSteps(cluster, gateway, infrastructure);
  const refusal = poolRefusal(cluster, gateway, { azure, steps });
  if (refusal !== undefined) return refusal;
  if (!takesPrefix(gateway, steps)) return { steps };
  const { location } = azure;
  function unread(why: string): Pick<Plan, "steps" | "notJudged"> {
    const text = `the quota of public IP prefixes in ${location} could not be read: ${why}; whether one is left for this gateway is not known`;
    return { steps, notJudged: [text] };
  }
  try {
    const usage = await clusters.publicIpPrefixes(addressOf(cluster), location);
    if (usage === undefined) return unread("Azure names none");
    const waiting = waitingForPrefix(gatewayConfigurations);
    return prefixRefusal(gateway, { ...usage, location, waiting }) ?? { steps };
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    return unread(errorText(error));
  }
}
