import type { GatewayLine } from "./check.ts";
import { failed, type Finding, passed, unknown } from "./finding.ts";
import { hostOf } from "./log/access-log.ts";

/** A pod of the gateway as observed. */
export interface GatewayPod {
  readonly name: string;
  readonly ip: string;
  /** The StaticGatewayConfiguration its annotation names, if any. */
  readonly boundTo: string | undefined;
  /** The mesh revision whose Deployment it is of, where that is known. */
  readonly revision?: string;
}

export interface SourceFacts {
  readonly gatewayPods: readonly GatewayPod[];
  /** Name of the StaticGatewayConfiguration the gateway should use. */
  readonly gatewayConfiguration: string;
  /** Its `status.egressIpPrefix`. */
  readonly egressIpPrefix: string | undefined;
}

/**
 * `right-source`: the pod that carried the probe, or traffic of the scope's own, leaves by the StaticGatewayConfiguration,
 * and that has its prefix.
 * https://learn.microsoft.com/azure/aks/configure-static-egress-gateway
 */
export function judgeSource(
  { gatewayPods, gatewayConfiguration, egressIpPrefix }: SourceFacts,
  {
    carried,
    passage,
  }: {
    /** Where the connection was seen that proves the passage. */
    readonly carried: GatewayLine | undefined;
    readonly passage: Finding;
  },
): Finding {
  if (carried === undefined || passage.verdict !== "passed")
    return unknown(
      "no gateway pod was seen to carry the probe, so its source address is not known",
    );
  const ip = hostOf(carried.line.downstreamLocalAddress);
  const pod = gatewayPods.find((one) => one.name === carried.pod && one.ip === ip);
  const { lines } = passage;
  if (pod === undefined)
    return unknown(
      `the gateway pod ${carried.pod} (${ip}) that carried it is no longer there to be looked at; it is looked for again with the next verification`,
      lines,
    );
  if (pod.boundTo !== gatewayConfiguration)
    return failed(
      `gateway pod ${pod.name} is ${pod.boundTo === undefined ? "bound to no StaticGatewayConfiguration" : `bound to StaticGatewayConfiguration ${pod.boundTo}`}, not to ${gatewayConfiguration}, so it leaves from another address; look at the gateway's entry in the managed cluster`,
      lines,
    );
  if (egressIpPrefix === undefined)
    return failed(
      `StaticGatewayConfiguration ${gatewayConfiguration} has no egress IP prefix; look at its Events`,
      lines,
    );
  return passed(
    `gateway pod ${pod.name} is bound to StaticGatewayConfiguration ${gatewayConfiguration}, whose egress IP prefix is ${egressIpPrefix}`,
    lines,
  );
}
