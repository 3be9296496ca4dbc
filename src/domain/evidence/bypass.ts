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
 * `no-bypass`: a pod without sidecar is refused at once, or gets no answer while the grant's own way gets one and a
 * NetworkPolicy is seen to drop its packets; and both kinds of policy are there, since a refusal alone may be the
 * destination's. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function judgeBypass(
  { destination }: ProbedGrant,
  { network, admission }: BypassFacts,
  {
    tried,
    isReached,
  }: {
    readonly tried: ProbeTry | undefined;
    /** The destination answered the grant's own probe, through the gateway. */
    readonly isReached: boolean;
  },
): Finding {
  const where = endpoint(destination);
  if (tried !== undefined && isConnected(tried))
    return failed(
      `a pod without sidecar connected to ${where} directly, past the gateway; add a NetworkPolicy that lets the namespace's pods out only to the mesh: npx sallyport guard prints it`,
    );
  if (network.kind === "unclear")
    return unknown(
      `it is not known whether a policy stops a pod without sidecar: ${someOf(network.why, MOST_NAMED)}; a NetworkPolicy that lets the namespace's pods out only to the mesh is proof`,
    );
  if (network.kind === "none")
    return failed(
      "no NetworkPolicy limits the way out of the namespace, so a pod without sidecar is stopped by nothing; add one that lets its pods out only to the mesh: npx sallyport guard prints it",
    );
  if (admission.kind === "unclear") return unknown(whyNotGuarded(admission.why));
  if (tried === undefined)
    return unknown(
      "no pod without sidecar could be run, so whether it would be refused is not known",
    );
  const held = heldBack(where, tried, isReached ? network.dropping : []);
  return held === undefined
    ? unknown(whyUnclear(where, tried))
    : passed(`${held}, and teams cannot write egress objects themselves${guardText(admission)}`);
}

/** What is proof that the pod cannot get there by itself; undefined where nothing is. */
function heldBack(where: string, tried: ProbeTry, dropping: readonly string[]): string | undefined {
  if (tried.exit === REFUSED && tried.total <= AT_ONCE_SECONDS)
    return `a pod without sidecar was refused at once for ${where}`;
  const isDropped = tried.exit === TIMED_OUT && !isUnresolved(tried) && dropping.length > 0;
  return isDropped
    ? `a pod without sidecar got no answer from ${where}, which answers through the gateway, since ${someOf(dropping, MOST_NAMED)} lets it out to no address of ${hostOf(where)}`
    : undefined;
}

/** curl waited for DNS until its time was over, and never sent a packet. https://curl.se/libcurl/c/CURLOPT_CONNECTTIMEOUT.html */
function isUnresolved({ error, connect }: ProbeTry): boolean {
  return connect === 0 && error.startsWith("Resolving");
}

/** RBAC or a webhook may keep them from it all the same: none of these is judged. */
function whyNotGuarded(why: readonly string[]): string {
  const fix =
    "add one that denies CREATE and UPDATE of serviceentries, virtualservices and destinationrules to all but named users: npx sallyport guard prints it";
  return why.length === 0
    ? `no ValidatingAdmissionPolicy was found that keeps teams from writing egress objects themselves; ${fix}`
    : `it is not known whether teams can write egress objects themselves: ${someOf(why, MOST_NAMED)}; ${fix}`;
}

const MOST_NAMED = 3;

function guardText({ by, notGuarded }: Extract<AdmissionGuard, { kind: "denied" }>): string {
  const further = notGuarded.length === 0 ? "" : `, but for ${notGuarded.join(" and ")}`;
  return ` (ValidatingAdmissionPolicy ${someOf(by, MOST_NAMED)})${further}`;
}

function isConnected({ connect, appconnect, status }: ProbeTry): boolean {
  return connect > 0 || appconnect > 0 || status > 0;
}

function whyUnclear(where: string, tried: ProbeTry): string {
  const { exit, total } = tried;
  switch (exit) {
    case TIMED_OUT:
      return isUnresolved(tried)
        ? `a pod without sidecar got no answer from DNS for ${hostOf(where)}, so it never tried to connect`
        : `a pod without sidecar got no answer from ${where} in ${total.toFixed(0)} s: a policy may have dropped its packets, or they were lost; a refusal at once is proof, or a NetworkPolicy that lets its pods out to no address of ${hostOf(where)}, with no network plugin's policy beside it`;
    case NO_SUCH_NAME:
      return `a pod without sidecar could not resolve ${hostOf(where)}, so it never tried to connect`;
    default:
      return `a pod without sidecar did not connect to ${where} (curl exit code ${exit} after ${total.toFixed(1)} s), which is no refusal at once`;
  }
}
