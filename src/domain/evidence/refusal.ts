import type { AccessLogLine } from "./access-log.ts";
import type { ProbedGrant } from "./check.ts";
import { explainLine, explainTrace } from "./explain.ts";
import { isOfGrant } from "./passage.ts";
import type { ProbeTry } from "./probe-output.ts";
import { sidecarWay, type Trace } from "./trace.ts";

/** A refusal takes milliseconds; the rest is for a busy node. A packet that left the pod runs into 5 s. */
export const AT_ONCE_SECONDS = 2;
/** curl's time-out: the packet left the pod, so this is never a refusal. https://curl.se/docs/manpage.html#EXIT */
export const TIMED_OUT = 28;
/** The sidecar took the connection and closed it: TLS handshake failed, empty reply, reset. */
const CLOSED: readonly number[] = [35, 52, 56];

/** What curl sees of a refusal by the mesh: a closed connection, or the sidecar's own 502. */
export function isClosed({ exit, status }: ProbeTry): boolean {
  return status === 502 || CLOSED.includes(exit);
}

/** What a line must say to be the mesh's own refusal: a broken destination looks the same to curl and is none. */
const REFUSALS: ReadonlySet<string> = new Set([
  "PolicyDenied",
  "RouteNotFound",
  "TunnelMissing",
  "AccountRefused",
  "Blocked",
  "ClientRouteMissing",
  "ClientRuleMissing",
  "ClientRouteNotFound",
]);

/**
 * How a try ended that should have been refused. `unlogged`: curl was refused as the mesh refuses, but no log says by
 * whom. `unclear`: neither refused nor open.
 */
export type Ending = "refused" | "unlogged" | "open" | "passed-by" | "unclear";

export function endingOf(grant: ProbedGrant, trace: Trace): Ending {
  const { try: tried, sidecar, gateway } = trace;
  if (sidecar !== undefined && sidecarWay(sidecar) === "passed-through") return "passed-by";
  if (gateway !== undefined && isOpenLine(grant, gateway.line)) return "open";
  if (tried.appconnect > 0) return "open";
  if (tried.exit === TIMED_OUT || tried.total > AT_ONCE_SECONDS) return "unclear";
  if (sidecar === undefined) return unloggedEnding(grant, tried);
  return hasRefusal(trace) ? "refused" : "unclear";
}

/** Whichever grant's route it is: what an HTTP destination answers has been reached. */
function isOpenLine(grant: ProbedGrant, line: AccessLogLine): boolean {
  return grant.destination.mode === "http"
    ? line.responseCodeDetails === "via_upstream"
    : isOfGrant(grant, line);
}

/** The gateway's line decides where there is one, else the sidecar's own. */
function hasRefusal(trace: Trace): boolean {
  const { gateway, sidecar } = trace;
  if (gateway !== undefined) return REFUSALS.has(explainTrace(trace).reason);
  const own = sidecar === undefined ? undefined : explainLine("sidecar", sidecar);
  return own !== undefined && REFUSALS.has(own.reason);
}

function unloggedEnding(grant: ProbedGrant, { status, exit, connect }: ProbeTry): Ending {
  if (grant.destination.mode === "http" && status > 0)
    return status === 403 || status === 404 || status === 502
      ? "unlogged"
      : status < 500
        ? "open"
        : "unclear";
  return connect > 0 && CLOSED.includes(exit) ? "unlogged" : "unclear";
}
