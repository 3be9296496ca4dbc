import { endpoint } from "../grant.ts";
import type { Finding, ProbedGrant } from "./check.ts";
import { explainTrace } from "./explain.ts";
import { failed, isOfGrant, passed, unknown } from "./passage.ts";
import type { ProbeTry } from "./probe-output.ts";
import { sidecarWay, type Trace, traceLines } from "./trace.ts";

/** A refusal takes milliseconds; the rest is for a busy node. A packet that left the pod runs into 5 s. Seconds. */
const AT_ONCE_S = 2;
/** curl's time-out: the packet left the pod, so this is never a refusal. https://curl.se/docs/manpage.html#EXIT */
const TIMED_OUT = 28;
/** The connection was taken (by a sidecar) and closed: TLS handshake failed, empty reply, reset. */
const CLOSED: readonly number[] = [35, 52, 56];

/** `nothing-else`: a host that nobody was granted is refused by the sidecar, at once. Time and log must both say so. */
export function judgeNothingElse(trace: Trace | undefined): Finding {
  if (trace === undefined)
    return unknown("no host without a grant was tried, so nothing is known about the rest of the way out");
  const lines = traceLines(trace);
  const way = trace.sidecar === undefined ? undefined : sidecarWay(trace.sidecar);
  if (way === "passed-through" || trace.try.exit === TIMED_OUT)
    return failed(
      "a host without a grant is not refused: its packets left the pod directly; set the mesh's outboundTrafficPolicy to REGISTRY_ONLY",
      lines,
    );
  if (way === "to-a-cluster")
    return failed(
      "a host without a grant was carried to another destination, as a tcp grant on that port does; look at which grants of the namespace use it",
      lines,
    );
  if (hasAnswered(trace.try) && way !== "blocked")
    return failed("a host without a grant answered; look at what the namespace lets out", lines);
  if (way !== "blocked")
    return unknown(
      "a host without a grant did not answer, but no line of the sidecar's log shows who refused it",
      lines,
    );
  if (trace.try.total > AT_ONCE_S)
    return unknown(
      `a host without a grant was refused by the sidecar, but only after ${trace.try.total.toFixed(1)} s`,
      lines,
    );
  return passed("a host without a grant was refused by the sidecar at once", lines);
}

/** `nobody-else`: another account of the namespace is refused at the door. Says something only where the door is open. */
export function judgeNobodyElse(
  grant: ProbedGrant,
  { trace, isOpen }: { readonly trace: Trace | undefined; readonly isOpen: boolean },
): Finding {
  const where = endpoint(grant.destination);
  if (trace === undefined)
    return unknown(`no other account of the namespace asked for ${where}, so whether it is refused is not known`);
  const lines = traceLines(trace);
  if (!isOpen)
    return unknown(`${where} was not proven for the granted account, so another account's refusal says nothing`, lines);
  const refusal = refusedAt(grant, trace);
  switch (refusal) {
    case "passed-by":
    case "open":
      return failed(
        `another account of the namespace reached ${where} too; look at the service accounts in the door's objects, and at who else was granted it`,
        lines,
      );
    case "refused":
      return passed(`another account of the namespace was refused for ${where}`, lines);
    case "unclear":
      return unknown(
        `another account's try for ${where} ended in a way that is no refusal: ${explainTrace(trace).text}`,
        lines,
      );
    default:
      return refusal satisfies never;
  }
}

/** `refused`, of a grant that ended: the very destination is refused now, at once, by sidecar or gateway. */
export function judgeRefused(grant: ProbedGrant, trace: Trace | undefined): Finding {
  const where = endpoint(grant.destination);
  if (trace === undefined)
    return unknown(`nothing asked for ${where} after the grant ended, so its refusal is not proven`);
  const lines = traceLines(trace);
  const refusal = refusedAt(grant, trace);
  switch (refusal) {
    case "passed-by":
      return failed(
        `${where} can still be reached, directly and past the gateway: in a mesh that is ALLOW_ANY a revoke does not block; set outboundTrafficPolicy to REGISTRY_ONLY`,
        lines,
      );
    case "open":
      return failed(
        `${where} can still be reached${trace.gateway === undefined ? "" : " through the gateway"}; ask the platform team to look at which objects of the namespace still allow it`,
        lines,
      );
    case "refused":
      return passed(`${where} is refused now, at once`, lines);
    case "unclear":
      return unknown(`whether ${where} is refused is not proven: ${explainTrace(trace).text}`, lines);
    default:
      return refusal satisfies never;
  }
}

function refusedAt(grant: ProbedGrant, trace: Trace): "refused" | "open" | "passed-by" | "unclear" {
  const { try: tried, sidecar, gateway } = trace;
  const way = sidecar === undefined ? undefined : sidecarWay(sidecar);
  if (way === "passed-through") return "passed-by";
  if (gateway !== undefined && isOpenLine(grant, gateway.line)) return "open";
  if (tried.appconnect > 0) return "open";
  // A time-out, or slower than a refusal is: something was waited for.
  if (tried.exit === TIMED_OUT || tried.total > AT_ONCE_S) return "unclear";
  if (way === "blocked") return "refused";
  if (grant.destination.mode === "tls")
    return CLOSED.includes(tried.exit) && tried.connect > 0 ? refusedTunnel(trace) : "unclear";
  return refusedRequest(trace);
}

/** Any other grant's route or door is as open as this one's. */
function isOpenLine(grant: ProbedGrant, line: NonNullable<Trace["gateway"]>["line"]): boolean {
  return grant.destination.mode === "http"
    ? line.responseCodeDetails === "via_upstream"
    : isOfGrant(grant, line);
}

/** The gateway's log decides where it has the line; a broken upstream looks the same to curl and is no refusal. */
function refusedTunnel(trace: Trace): "refused" | "unclear" {
  if (trace.gateway === undefined) return isOurRefusal(trace) ? "refused" : "unclear";
  return REFUSALS.has(explainTrace(trace).reason) ? "refused" : "unclear";
}

function refusedRequest(trace: Trace): "refused" | "open" | "unclear" {
  const { status } = trace.try;
  if (trace.gateway !== undefined || trace.sidecar !== undefined)
    return REFUSALS.has(explainTrace(trace).reason) ? "refused" : "unclear";
  if (status === 403 || status === 404) return "unclear";
  return status > 0 && status < 500 ? "open" : "unclear";
}

/** Without a gateway's line: the sidecar itself found no way. */
function isOurRefusal({ sidecar, try: tried }: Trace): boolean {
  return sidecar === undefined
    ? CLOSED.includes(tried.exit)
    : ["ClientRouteMissing", "ClientRuleMissing", "ClientRouteNotFound", "Blocked"].includes(
        explainTrace({ try: tried, sidecar, gateway: undefined }).reason,
      ) || sidecar.bytesSent === 0;
}

const REFUSALS: ReadonlySet<string> = new Set([
  "PolicyDenied",
  "RouteNotFound",
  "TunnelMissing",
  "NoBytes",
  "Blocked",
  "ClientRouteMissing",
  "ClientRuleMissing",
  "ClientRouteNotFound",
]);

function hasAnswered({ exit, status, appconnect }: ProbeTry): boolean {
  return appconnect > 0 || (status > 0 && exit === 0);
}

export { AT_ONCE_S, TIMED_OUT };
