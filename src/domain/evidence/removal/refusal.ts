import type { AccessLogLine } from "../log/access-log.ts";
import { modeOf } from "../../network/modes/modes.ts";
import type { ProbedGrant } from "../check.ts";
import { explainLine, explainTrace, type FailureCause } from "../explain.ts";
import { isOfGrant } from "../passage.ts";
import { type ProbeTry, TIMED_OUT } from "../probe/probe-output.ts";
import { sidecarWay, type Trace } from "../trace.ts";

/** A refusal takes milliseconds; the rest is for a busy node. A packet that left the pod runs into 5 s. */
export const AT_ONCE_SECONDS = 2;
/** The sidecar took the connection and closed it: TLS handshake failed, empty reply, reset. */
const CLOSED: readonly number[] = [35, 52, 56];

/** What curl sees of a refusal by the mesh: a closed connection, or the sidecar's own 502. */
export function isClosed({ exit, status }: ProbeTry): boolean {
  return status === 502 || CLOSED.includes(exit);
}

/**
 * Reasons of the failure catalogue that are the mesh's own refusal: a broken destination looks the same to curl and is
 * none. The gateway's policy is not among them: it also refuses what is granted, for up to 45 s after a change and while
 * the namespace's policy is missing.
 */
export type Proofs = ReadonlySet<FailureCause>;

/** The door is not there, or was never known to the sidecar. */
const NO_DOOR: readonly FailureCause[] = ["RouteNotFound", "TunnelMissing", "Blocked"];

/** Of an account that is not among those a door lets pass. */
export const ACCOUNT_REFUSED: Proofs = new Set([
  ...NO_DOOR,
  "AccountRefused",
  "ClientRouteMissing",
  "ClientRuleMissing",
  "ClientRouteNotFound",
]);

/** Of a door that is gone. Where a tunnel stays open for others, it is the account that must be refused. */
export function doorGone({ isKeptForOthers }: { readonly isKeptForOthers: boolean }): Proofs {
  return new Set(isKeptForOthers ? [...NO_DOOR, "AccountRefused"] : NO_DOOR);
}

/**
 * How a try ended that should have been refused. `unlogged`: curl was refused as the mesh refuses, but no log says by
 * whom. `unclear`: neither refused nor open.
 */
export type Ending = "refused" | "unlogged" | "open" | "passed-by" | "unclear";

export function endingOf(grant: ProbedGrant, trace: Trace, proofs: Proofs): Ending {
  const { try: tried, sidecar, gateway } = trace;
  if (sidecar !== undefined && sidecarWay(sidecar) === "passed-through") return "passed-by";
  if (gateway !== undefined && isOpenLine(grant, gateway.line)) return "open";
  if (tried.appconnect > 0) return "open";
  if (tried.exit === TIMED_OUT || tried.total > AT_ONCE_SECONDS) return "unclear";
  if (sidecar === undefined) return unloggedEnding(grant, tried);
  return hasRefusal(grant, trace, proofs) ? "refused" : "unclear";
}

/** Whether the gateway still carried it, whichever try that was. */
export function isOpenAtGateway(grant: ProbedGrant, { gateway }: Trace): boolean {
  return gateway !== undefined && isOpenLine(grant, gateway.line);
}

/** Whichever grant's route it is: what an HTTP destination answers has been reached. */
function isOpenLine(grant: ProbedGrant, line: AccessLogLine): boolean {
  return modeOf(grant.destination).passes === "route"
    ? line.responseCodeDetails === "via_upstream"
    : isOfGrant(grant, line);
}

/**
 * The gateway's line decides where there is one, else one of that moment which names this very door, else the sidecar's
 * own.
 */
export function refusedBy(grant: ProbedGrant, trace: Trace): FailureCause | undefined {
  const { gateway, nearby, sidecar } = trace;
  if (gateway !== undefined) return explainTrace(trace).reason;
  const atDoor =
    nearby?.requestedServerName === grant.doorName ? explainLine("gateway", nearby) : undefined;
  const own = sidecar === undefined ? undefined : explainLine("sidecar", sidecar);
  return (atDoor ?? own)?.reason;
}

function hasRefusal(grant: ProbedGrant, trace: Trace, proofs: Proofs): boolean {
  const reason = refusedBy(grant, trace);
  return reason !== undefined && proofs.has(reason);
}

function unloggedEnding(grant: ProbedGrant, tried: ProbeTry): Ending {
  const { status, exit, localPort, bytes } = tried;
  if (modeOf(grant.destination).passes === "route" && status > 0)
    return status === 403 || status === 404 || status === 502
      ? "unlogged"
      : status < 500
        ? "open"
        : "unclear";
  // Of bytes, curl finds nothing wrong with a connection that is closed without one.
  const isClosedEarly = grant.destination.mode === "tcp" && exit === 0 && bytes === 0;
  return localPort > 0 && (isClosedEarly || CLOSED.includes(exit)) ? "unlogged" : "unclear";
}
