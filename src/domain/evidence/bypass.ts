import { hostOf } from "./log/access-log.ts";
import { endpoint } from "../grant.ts";
import { someOf } from "../some-of.ts";
import type { ProbedGrant } from "./check.ts";
import type { AdmissionGuard } from "./guards/admission.ts";
import type { NetworkGuard } from "./guards/network.ts";
import { failed, type Finding, passed, unknown } from "./finding.ts";
import { type ProbeTry, TIMED_OUT } from "./probe/probe-output.ts";
import { AT_ONCE_SECONDS } from "./removal/refusal.ts";

export interface BypassFacts {
  /** Whether a NetworkPolicy limits the egress of the namespace's pods. */
  readonly network: NetworkGuard;
  /** Whether ValidatingAdmissionPolicies keep teams from writing egress objects. */
  readonly admission: AdmissionGuard;
}

const REFUSED = 7;
const NO_SUCH_NAME = 6;

/**
 * `no-bypass`: a pod without sidecar is refused at once, and both kinds of policy are there; the refusal alone may be
 * the destination's. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function judgeBypass(
  { destination }: ProbedGrant,
  { network, admission }: BypassFacts,
  tried: ProbeTry | undefined,
): Finding {
  const where = endpoint(destination);
  if (tried !== undefined && isConnected(tried))
    return failed(
      `a pod without sidecar connected to ${where} directly, past the gateway; add a NetworkPolicy that lets the namespace's pods out only to the mesh`,
    );
  if (network.kind === "unclear")
    return unknown(
      `it is not known whether a policy holds back a pod without sidecar: ${someOf(network.why, MOST_NAMED)}; a NetworkPolicy that lets the namespace's pods out only to the mesh is proof`,
    );
  if (network.kind === "none")
    return failed(
      "no NetworkPolicy limits the way out of the namespace, so a pod without sidecar is held back by nothing; add one that lets its pods out only to the mesh",
    );
  if (admission.kind === "unclear") return unknown(whyNotGuarded(admission.why));
  if (tried === undefined)
    return unknown(
      "no pod without sidecar could be run, so whether it would be refused is not known",
    );
  if (tried.exit === REFUSED && tried.total <= AT_ONCE_SECONDS)
    return passed(
      `a pod without sidecar was refused at once for ${where}, and teams cannot write egress objects themselves${furtherText(admission.notGuarded)}`,
    );
  return unknown(whyUnclear(where, tried));
}

/** RBAC or a webhook may keep them from it all the same: none of these is judged. */
function whyNotGuarded(why: readonly string[]): string {
  const fix =
    "add one that denies CREATE and UPDATE of serviceentries, virtualservices and destinationrules to all but named users";
  return why.length === 0
    ? `no ValidatingAdmissionPolicy was found that keeps teams from writing egress objects themselves; ${fix}`
    : `it is not known whether teams can write egress objects themselves: ${someOf(why, MOST_NAMED)}; ${fix}`;
}

const MOST_NAMED = 3;

function furtherText(notGuarded: readonly string[]): string {
  return notGuarded.length === 0 ? "" : `, but for ${notGuarded.join(" and ")}`;
}

function isConnected({ connect, appconnect, status }: ProbeTry): boolean {
  return connect > 0 || appconnect > 0 || status > 0;
}

function whyUnclear(where: string, { exit, total }: ProbeTry): string {
  switch (exit) {
    case TIMED_OUT:
      return `a pod without sidecar got no answer from ${where} in ${total.toFixed(0)} s: a policy may have dropped its packets, or they were lost; only a refusal at once is proof`;
    case NO_SUCH_NAME:
      return `a pod without sidecar could not resolve ${hostOf(where)}, so it never tried to connect`;
    default:
      return `a pod without sidecar did not connect to ${where} (curl exit code ${exit} after ${total.toFixed(1)} s), which is no refusal at once`;
  }
}
