import { endpoint } from "../../grant.ts";
import { someOf } from "../../some-of.ts";
import type { ProbedGrant } from "../check.ts";
import { explainTrace } from "../explain.ts";
import { howToClose } from "../let-out.ts";
import { failed, type Finding, passed, unknown } from "../finding.ts";
import { otherAccount } from "../probe/probed-grant.ts";
import { TIMED_OUT } from "../probe/probe-output.ts";
import { ACCOUNT_REFUSED, AT_ONCE_SECONDS, endingOf, isClosed } from "./refusal.ts";
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
        `another account of the namespace reached ${where} too: look at who else was granted it, and at the accounts in its objects`,
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
