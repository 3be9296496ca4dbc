import type { AccessLogLine } from "./access-log.ts";
import type { Evidence, GatewayLog, MeshMode, ProbedGrant } from "./check.ts";
import { named, unknown } from "./finding.ts";
import { lastTry, type ProbeOutput } from "./probe-output.ts";
import { endingOf } from "./refusal.ts";
import { judgeRefused } from "./refusal-checks.ts";
import { type Trace, traceTry } from "./trace.ts";

/** What was observed after a grant ended. */
export interface ObservedRemoval {
  readonly grant: ProbedGrant;
  /** With sidecar, under an account that was granted: attempt `refused`. */
  readonly probe: ProbeOutput | undefined;
  readonly sidecarLog: readonly AccessLogLine[];
  readonly gatewayLogs: readonly GatewayLog[];
  readonly meshMode: MeshMode;
  /** Ids of live grants that allow the same destination to the same account: then there is nothing to be refused. */
  readonly stillGrantedBy?: readonly string[];
}

/**
 * Judges whether an ended grant is refused: one check, `refused`. The verdict is `enforced` where the refusal was seen,
 * `unproven` where the destination was still reached through the gateway, else `advisory`: it could not be proven, or
 * the mesh is ALLOW_ANY, where a revoke does not block.
 */
export function judgeRemoval(observed: ObservedRemoval): Evidence {
  const { grant, probe, sidecarLog, gatewayLogs, meshMode, stillGrantedBy = [] } = observed;
  const tried = lastTry(probe, "refused");
  const trace = tried === undefined ? undefined : traceTry(tried, sidecarLog, gatewayLogs);
  const isStillGranted = stillGrantedBy.length > 0;
  const refused = named(
    "refused",
    isStillGranted
      ? unknown(
          `the same account may still reach that destination by ${stillGrantedBy.join(", ")}, so there is nothing to be refused`,
        )
      : judgeRefused(grant, { trace, allowsAny: meshMode === "ALLOW_ANY" }),
  );
  if (refused.verdict === "passed")
    return { checks: [refused], verdict: "enforced", advisories: [] };
  return {
    checks: [refused],
    verdict: !isStillGranted && isStillOpen(grant, trace) ? "unproven" : "advisory",
    advisories: [refused.explanation],
  };
}

function isStillOpen(grant: ProbedGrant, trace: Trace | undefined): boolean {
  return trace?.gateway !== undefined && endingOf(grant, trace) === "open";
}
