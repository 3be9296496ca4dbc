import { endpoint } from "../grant.ts";
import type { ProbedGrant } from "./check.ts";
import { failed, type Finding, passed, unknown } from "./finding.ts";
import { type ProbeTry, TIMED_OUT } from "./probe-output.ts";
import { AT_ONCE_SECONDS } from "./refusal.ts";

export interface BypassFacts {
  /** A NetworkPolicy limits the egress of the namespace's pods. */
  readonly networkPolicies: boolean;
  /** A ValidatingAdmissionPolicy keeps teams from writing egress objects. */
  readonly admissionPolicy: boolean;
}

const REFUSED = 7;
const NO_SUCH_NAME = 6;

/**
 * `no-bypass`: a pod without sidecar is refused at once, and both kinds of policy are there; the refusal alone may be
 * the destination's. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function judgeBypass(
  { destination }: ProbedGrant,
  { networkPolicies, admissionPolicy }: BypassFacts,
  tried: ProbeTry | undefined,
): Finding {
  const where = endpoint(destination);
  if (tried !== undefined && isConnected(tried))
    return failed(
      `a pod without sidecar connected to ${where} directly, past the gateway; add a NetworkPolicy that lets the namespace's pods out only to the mesh`,
    );
  if (!networkPolicies)
    return failed(
      "no NetworkPolicy limits the way out of the namespace, so a pod without sidecar is held back by nothing; add one that lets its pods out only to the mesh",
    );
  if (!admissionPolicy)
    return failed(
      "no ValidatingAdmissionPolicy keeps teams from writing egress objects themselves; add one",
    );
  if (tried === undefined)
    return unknown(
      "no pod without sidecar could be run, so whether it would be refused is not known",
    );
  if (tried.exit === REFUSED && tried.total <= AT_ONCE_SECONDS)
    return passed(
      `a pod without sidecar was refused at once for ${where}, and teams cannot write egress objects themselves`,
    );
  return unknown(whyUnclear(where, tried));
}

function isConnected({ connect, appconnect, status }: ProbeTry): boolean {
  return connect > 0 || appconnect > 0 || status > 0;
}

function whyUnclear(where: string, { exit, total }: ProbeTry): string {
  switch (exit) {
    case TIMED_OUT:
      return `a pod without sidecar got no answer from ${where} in ${total.toFixed(0)} s: a policy may have dropped its packets, or they were lost; only a refusal at once is proof`;
    case NO_SUCH_NAME:
      return `a pod without sidecar could not resolve ${destinationHost(where)}, so it never tried to connect`;
    default:
      return `a pod without sidecar did not connect to ${where} (curl exit code ${exit} after ${total.toFixed(1)} s), which is no refusal at once`;
  }
}

function destinationHost(where: string): string {
  return where.slice(0, where.lastIndexOf(":"));
}
