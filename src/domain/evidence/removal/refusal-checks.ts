import { endpoint } from "../../grant.ts";
import { someOf } from "../../some-of.ts";
import type { ProbedGrant } from "../check.ts";
import { explainTrace } from "../explain.ts";
import type { OutboundPolicy } from "../../plan/ways-out/outbound-policy.ts";
import { howToClose } from "../let-out.ts";
import { failed, type Finding, passed, unknown } from "../finding.ts";
import { otherAccount } from "../probe/probed-grant.ts";
import { TIMED_OUT } from "../probe/probe-output.ts";
import { ACCOUNT_REFUSED, AT_ONCE_SECONDS, doorGone, endingOf, isClosed } from "./refusal.ts";
import { sidecarWay, type Trace, traceLines } from "../trace.ts";

/**
 * `nothing-else`: a host that nobody was granted is refused by the sidecar, at once, and no object of others lets the
 * namespace out. Time and log must both say so: a probe asks for one host, others may be let out all the same.
 */
export function judgeNothingElse(
  trace: Trace | undefined,
  {
    otherWays,
    sidecar,
  }: { readonly otherWays: readonly string[]; readonly sidecar: string | undefined },
): Finding {
  const refused = judgeUnknownHost(trace, sidecar);
  return refused.verdict === "passed" && otherWays.length > 0
    ? failed(
        `a host without a grant was refused, but other objects let the namespace out without one: ${someOf(otherWays, MOST_WAYS)}; ask for what the namespace needs of them, then let their owners delete them or show them to other namespaces only`,
        refused.lines,
      )
    : refused;
}

const MOST_WAYS = 5;

function judgeUnknownHost(trace: Trace | undefined, sidecar: string | undefined): Finding {
  if (trace === undefined)
    return unknown(
      "no host without a grant was tried, so whether it would be refused is not known",
    );
  const lines = traceLines(trace);
  const { exit, total, appconnect, status } = trace.try;
  const way = trace.sidecar === undefined ? undefined : sidecarWay(trace.sidecar);
  if (way === "passed-through" || exit === TIMED_OUT)
    return failed(
      `a host without a grant is not refused: packets for it left the pod directly; ${howToClose(sidecar)}`,
      lines,
    );
  if (way === "to-a-cluster")
    return failed(
      "a host without a grant was carried to another destination, as a tcp grant does with everything on its port; look at the namespace's grants and ServiceEntries",
      lines,
    );
  if (way !== "blocked" && (appconnect > 0 || status > 0))
    return failed(
      "something answered for a host without a grant; look at what lets the namespace out",
      lines,
    );
  if (way !== "blocked")
    return unknown(
      "a host without a grant did not answer, but no line of the sidecar's log shows who refused it; check the namespace's access-log Telemetry",
      lines,
    );
  if (!isClosed(trace.try))
    return unknown(
      "a host without a grant was refused by the sidecar's log, but curl saw something else: look at both lines",
      lines,
    );
  if (total > AT_ONCE_SECONDS)
    return unknown(
      `a host without a grant was refused by the sidecar, but only after ${total.toFixed(1)} s, which is no proof`,
      lines,
    );
  return passed("a host without a grant was refused by the sidecar at once", lines);
}

/** What a try under another account is compared with. */
export interface OthersTry {
  readonly other: Trace | undefined;
  /** The granted account was seen to get through. */
  readonly isOpen: boolean;
  /** Ids of live grants by which the other account may pass too. */
  readonly grantedBy: readonly string[];
}

/** `nobody-else`: another account of the namespace is refused. Says something only while the granted one gets through. */
export function judgeNobodyElse(
  grant: ProbedGrant,
  { other, isOpen, grantedBy }: OthersTry,
): Finding {
  const where = endpoint(grant.destination);
  if (otherAccount(grant.scope) === undefined)
    return unknown(
      `the grant names the account default, the only one that every namespace has, so there is no other to ask for ${where} with; grant it to an account of the application's own to have this seen`,
    );
  if (grantedBy.length > 0)
    return unknown(
      `another account of the namespace may reach ${where} by ${grantedBy.join(", ")}, so there is nothing to be refused`,
    );
  if (other === undefined)
    return unknown(
      `no other account of the namespace asked for ${where}, so whether one would be refused is not known: look at whether a probe pod can run there under the account default`,
    );
  return ofOthersTry(grant, { other, isOpen, where });
}

function ofOthersTry(
  grant: ProbedGrant,
  {
    other,
    isOpen,
    where,
  }: { readonly other: Trace; readonly isOpen: boolean; readonly where: string },
): Finding {
  const lines = traceLines(other);
  const ending = endingOf(grant, other, ACCOUNT_REFUSED);
  switch (ending) {
    case "open":
    case "passed-by":
      return failed(
        `another account of the namespace reached ${where} too: look at who else was granted it, and at the accounts in the door's objects`,
        lines,
      );
    case "unlogged":
      return unknown(
        `another account of the namespace did not get through to ${where}, but no log shows who refused it: check the namespace's access-log Telemetry`,
        lines,
      );
    case "refused":
      return isOpen
        ? passed(`another account of the namespace was refused for ${where}`, lines)
        : unknown(
            `${where} was not reached under the granted account, so another account's refusal proves nothing`,
            lines,
          );
    case "unclear":
      return unknown(
        `how another account's try for ${where} ended proves no refusal: ${explainTrace(other).text}`,
        lines,
      );
    default:
      return ending satisfies never;
  }
}

/** `refused`, of a grant that ended: the very destination is refused now, for want of a door, at once. */
export function judgeRefused(
  grant: ProbedGrant,
  {
    trace,
    outbound,
    isKeptForOthers,
    otherWays,
  }: {
    readonly trace: Trace | undefined;
    readonly outbound: OutboundPolicy;
    /** Live grants keep the same tunnel open for other accounts. */
    readonly isKeptForOthers: boolean;
    /** Other objects that lead to that very destination, each as one line. */
    readonly otherWays: readonly string[];
  },
): Finding {
  const where = endpoint(grant.destination);
  const allowsAny = outbound.mode === "ALLOW_ANY";
  const advice = adviceOf(outbound);
  if (trace === undefined)
    return allowsAny
      ? failed(`${where} was not asked for again, but ${advice}`)
      : unknown(
          `${where} was not asked for after the end of the grant, so its refusal is not proven`,
        );
  const lines = traceLines(trace);
  const ending = endingOf(grant, trace, doorGone({ isKeptForOthers }));
  switch (ending) {
    case "passed-by":
      return failed(`${where} is not refused, it is reached past the gateway: ${advice}`, lines);
    case "open":
      return failed(
        allowsAny && trace.gateway === undefined
          ? `${where} is not refused: ${advice}`
          : `${where} can still be reached${trace.gateway === undefined ? "" : " through the gateway"}; ${stillOpenBy(otherWays)}`,
        lines,
      );
    case "refused":
      return passed(`${where} is refused now, at once`, lines);
    case "unlogged":
      return unknown(
        `${where} did not answer, but no line of the sidecar's log shows who refused it; check the namespace's access-log Telemetry`,
        lines,
      );
    case "unclear":
      return allowsAny
        ? failed(`${where} is not refused: ${advice}`, lines)
        : unknown(notProven(where, trace), lines);
    default:
      return ending satisfies never;
  }
}

function adviceOf({ sidecar }: OutboundPolicy): string {
  const where = sidecar === undefined ? "in a mesh that" : `where Sidecar ${sidecar}`;
  return `${where} is ALLOW_ANY a revoke does not block, because what has no grant leaves directly; ${howToClose(sidecar)}`;
}

function stillOpenBy(otherWays: readonly string[]): string {
  return otherWays.length === 0
    ? "look at which objects and grants of the namespace still allow it"
    : `still open by what is not Sallyport's: ${someOf(otherWays, MOST_WAYS)}; ask its owner`;
}

function notProven(where: string, trace: Trace): string {
  const { reason, text } = explainTrace(trace);
  return reason === "PolicyDenied"
    ? `${where} was refused by the gateway's policy alone, which passes and says nothing of the door; it is looked at again with the next verification`
    : `whether ${where} is refused is not proven: ${text}`;
}
