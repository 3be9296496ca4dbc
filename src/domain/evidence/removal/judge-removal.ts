import type { Interference } from "../../plan/others/interference.ts";
import type { AccessLogLine, LineField } from "../log/access-log.ts";
import type { OutboundPolicy } from "../../plan/ways-out/outbound-policy.ts";
import type { Evidence, GatewayLog, ProbedGrant } from "../check.ts";
import { failed, type Finding, named, unknown } from "../finding.ts";
import { wholeLogs } from "../log/whole-logs.ts";
import { withinFormat } from "../log/needed-fields.ts";
import { sawAnswer } from "../passage.ts";
import { lastTry, type ProbeOutput } from "../probe/probe-output.ts";
import { judgeRefused } from "./judge-refused.ts";
import { isOpenAtGateway } from "./refusal.ts";
import { type Trace, traceTry } from "../trace.ts";

/** What was observed after a grant ended. */
export interface ObservedRemoval {
  readonly grant: ProbedGrant;
  /** With sidecar, under an account that was granted: attempt `refused`. */
  readonly probe: ProbeOutput | undefined;
  readonly sidecarLog: readonly AccessLogLine[];
  readonly gatewayLogs: readonly GatewayLog[];
  readonly outbound: OutboundPolicy;
  /**
   * `Kind namespace/name` of the gateway's objects that only this grant accounted for and that are still there. No probe
   * sees them: its sidecar refuses what the team's side no longer knows, and a client that dials the gateway itself passes.
   */
  readonly stillThere: readonly string[];
  /** What is deleted and still there, each as one line: Istio serves it until it is gone. */
  readonly held?: readonly string[];
  /** Other objects that lead to that very destination, each as one line. */
  readonly otherWays?: readonly string[];
  /** Fields that the access log's format does not write. */
  readonly missingFields?: readonly LineField[];
  /** Ids of live grants that allow the same destination to the same account: then there is nothing to be refused. */
  readonly stillGrantedBy?: readonly string[];
  /** Ids of live grants that keep the same tunnel open for other accounts. */
  readonly keptOpenBy?: readonly string[];
  /** What was asked, and as what, where that is not plain; a clause for people. */
  readonly howAsked?: string;
  /** Why no probe ran. */
  readonly problem?: string | undefined;
  /** Of these pods of the gateway the log took too long to be read to its end. */
  readonly cutLogs?: readonly string[];
  /** What others put on the way: a refusal by them does not show that the grant's own door is closed. */
  readonly others?: readonly Interference[];
}

/**
 * Judges whether an ended grant is refused: one check, `refused`. The verdict is `enforced` where the refusal was seen
 * and the gateway's objects are gone, `unproven` where the destination was still reached through the gateway or objects
 * are left there, else `advisory`: it could not be proven, or what has no entry leaves directly (ALLOW_ANY), where a revoke does not block.
 */
export function judgeRemoval(observed: ObservedRemoval): Evidence {
  const { grant, stillGrantedBy = [] } = observed;
  const trace = traceOf(observed);
  const finding = findingOf(observed, trace);
  const { howAsked = "" } = observed;
  const refused = named("refused", {
    ...finding,
    explanation: `${finding.explanation}${howAsked === "" ? "" : `; ${howAsked}`}`,
  });
  if (refused.verdict === "passed")
    return { checks: [refused], verdict: "enforced", advisories: [] };
  const isOpen =
    leftOver(observed) !== undefined ||
    (stillGrantedBy.length === 0 && trace !== undefined && isOpenAtGateway(grant, trace));
  return {
    checks: [refused],
    verdict: isOpen ? "unproven" : "advisory",
    advisories: [refused.explanation],
  };
}

/** In a log that was cut, a line beside the probe's own is no proof: its own may be there unseen. */
function traceOf({
  probe,
  sidecarLog,
  gatewayLogs,
  cutLogs = [],
}: ObservedRemoval): Trace | undefined {
  const tried = lastTry(probe, "refused");
  if (tried === undefined) return undefined;
  const trace = traceTry(tried, sidecarLog, gatewayLogs);
  return cutLogs.length === 0 ? trace : { ...trace, nearby: undefined };
}

/** What is left of it, whatever the probe saw. */
function leftOver({ stillThere, held = [] }: ObservedRemoval): Finding | undefined {
  if (held.length > 0)
    return failed(
      `${held.join("; ")}: Istio serves it until it is gone, so nothing proves that it is refused`,
    );
  if (stillThere.length === 0) return undefined;
  return failed(
    `the gateway still has ${stillThere.join(", ")}: a client that dials the gateway itself may pass, whatever the sidecar refuses; look at why ${stillThere.length === 1 ? "it is" : "they are"} not deleted`,
  );
}

function findingOf(observed: ObservedRemoval, trace: Trace | undefined): Finding {
  const { grant, outbound, stillGrantedBy = [], keptOpenBy = [] } = observed;
  const left = leftOver(observed);
  if (left !== undefined) return left;
  if (stillGrantedBy.length > 0)
    return unknown(
      `the same account may still reach that destination by ${stillGrantedBy.join(", ")}, so there is nothing to be refused`,
    );
  const allowsAny = outbound.mode === "ALLOW_ANY";
  const isKeptForOthers = keptOpenBy.length > 0;
  const judged = judgeRefused(grant, {
    trace,
    outbound,
    isKeptForOthers,
    otherWays: observed.otherWays ?? [],
    others: observed.others ?? [],
    problem: observed.problem,
  });
  const finding = wholeLogs(judged, { cutLogs: observed.cutLogs ?? [], trace });
  const isSeen = trace === undefined || sawAnswer(grant, trace.try);
  return withinFormat("refused", finding, {
    destination: grant.destination,
    missing: observed.missingFields ?? [],
    sawItself: isSeen || (allowsAny && finding.verdict === "failed"),
  });
}
