import { endpoint } from "../grant.ts";
import { modeOf } from "../network/modes/modes.ts";
import type { Interference } from "../plan/others/interference.ts";
import type { AccessLogLine } from "./log/access-log.ts";
import { causeText } from "./blame.ts";
import type { GatewayLine, ProbedGrant } from "./check.ts";
import { explainLine, explainTrace } from "./explain.ts";
import { failed, type Finding, passed, unknown } from "./finding.ts";
import { whyNotAsked } from "./probe/probe-attempts.ts";
import { type ProbeTry, TIMED_OUT } from "./probe/probe-output.ts";
import { sidecarWay, type Trace, traceLines } from "./trace.ts";
import { SPEAKS_NO_TLS } from "./probe/wrong-guess.ts";

/** HTTP statuses that a sidecar or gateway may have made itself; without a log nobody can tell. */
const PROXY_STATUSES: readonly number[] = [403, 404, 502, 503, 504];

/** What may be the doing of others, where a probe failed. */
type Others = readonly Interference[] | undefined;

/** `reaches`: the destination answers. An HTTP error counts where a log shows that it is the destination's own. */
export function judgeReaches(
  grant: ProbedGrant,
  trace: Trace | undefined,
  others?: Others,
): Finding {
  const where = endpoint(grant.destination);
  if (trace === undefined) {
    const why = whyNotAsked(grant.destination);
    return unknown(
      why === undefined
        ? `the probe did not ask for ${where}; it runs again with the next verification`
        : `nobody asked for ${where}: ${why}`,
    );
  }
  const lines = traceLines(trace);
  if (grant.destination.mode === "tls") return judgeTls(grant, trace, others);
  if (grant.destination.mode === "tcp") return judgeTcp(grant, trace, others);
  const { status } = trace.try;
  const isFromDestination = trace.gateway?.line.responseCodeDetails === "via_upstream";
  if (status > 0 && (isFromDestination || !PROXY_STATUSES.includes(status)))
    return passed(`${where} answered HTTP ${status}${took(trace.try)}`, lines);
  if (status > 0 && !hasFailure(trace))
    return unknown(
      `HTTP ${status} came back for ${where}, and no log shows whether the destination or a proxy said so; check that access logging is on`,
      lines,
    );
  return failed(`${where} was not reached: ${causeText(explainTrace(trace), others)}`, lines);
}

function judgeTls(grant: ProbedGrant, trace: Trace, others: Others): Finding {
  const where = endpoint(grant.destination);
  const lines = traceLines(trace);
  if (trace.try.appconnect > 0)
    return passed(`${where} completed a TLS handshake${took(trace.try)}`, lines);
  const line = trace.gateway?.line;
  // A server that wants a client certificate breaks the handshake off, with an alert or without a word: it was reached.
  if (line !== undefined && isTunnel(grant, line) && !SPEAKS_NO_TLS.test(trace.try.error))
    return passed(
      `${where} answered the TLS handshake and broke it off, as a server does that wants a client certificate: bytes went both ways through the gateway`,
      lines,
    );
  return failed(`${where} was not reached: ${causeText(explainTrace(trace), others)}`, lines);
}

/** Bytes alone say that anybody answered: a connection stands as soon as the sidecar took it. */
function judgeTcp(grant: ProbedGrant, trace: Trace, others: Others): Finding {
  const where = endpoint(grant.destination);
  const lines = traceLines(trace);
  const line = trace.gateway?.line;
  if (line !== undefined && isTunnel(grant, line))
    return passed(`${where} answered: ${bytesText(line)}`, lines);
  if (line !== undefined && isSilent(grant, line))
    return unknown(
      `${where} took the connection, and no byte came back: it may wait for a client to speak first in a way the probe does not know; ${OWN_TRAFFIC_COUNTS}`,
      lines,
    );
  if (line === undefined && isHeldOpen(grant, trace.try) && !hasFailure(trace))
    return unknown(`no byte came back from ${where}; ${OWN_TRAFFIC_COUNTS}`, lines);
  return failed(`${where} was not reached: ${causeText(explainTrace(trace), others)}`, lines);
}

/** Of a tunnel: what shows that its destination answered. */
export function bytesText({ bytesReceived, bytesSent }: AccessLogLine): string {
  return `${bytesReceived} bytes went there and ${bytesSent} came back`;
}

/** `through-the-gateway`: a gateway's own log shows this grant's route or door, on the probe's connection. */
export function judgePassage(
  grant: ProbedGrant,
  trace: Trace | undefined,
  others?: Others,
): Finding {
  if (trace === undefined)
    return unknown("the probe did not run, so there is nothing to find in the gateway's log");
  const { sidecar, gateway } = trace;
  if (sidecar === undefined) return withoutSidecarLine(grant, trace);
  if (gateway === undefined) return withoutGatewayLine(grant, trace, others);
  if (grant.destination.mode === "tcp" && isSilent(grant, gateway.line))
    return unknown(
      `gateway pod ${gateway.pod} carried the probe's connection to the destination, which sent nothing back`,
      traceLines(trace),
    );
  if (!isOfGrant(grant, gateway.line)) return wentNoFurther(grant, trace, { gateway, others });
  return passed(
    `gateway pod ${gateway.pod} logged the probe's connection under ${wayOf(grant, gateway.line)}`,
    traceLines(trace),
  );
}

function wayOf(grant: ProbedGrant, { routeName }: AccessLogLine): string {
  if (!isByRoute(grant)) return "this grant's tunnel";
  return routeName === grant.routeNames[0]
    ? "this grant's route"
    : "a route of the same destination, by which another live grant lets the same account pass";
}

/** A proxy writes the line of a connection when that ends, and the far side may keep it open after curl has gone. */
function isHeldOpen({ destination }: ProbedGrant, { exit, localPort }: ProbeTry): boolean {
  return modeOf(destination).passes === "tunnel" && exit === TIMED_OUT && localPort > 0;
}

const STILL_OPEN =
  "the connection is still open, as its destination took it and says nothing: the proxies write its line when the destination closes it, and it is looked for again with the next verification";

function withoutSidecarLine(grant: ProbedGrant, trace: Trace): Finding {
  return unknown(
    isHeldOpen(grant, trace.try)
      ? STILL_OPEN
      : "the probe's sidecar logged no line for the connection; check that the namespace's access-log Telemetry is in place",
  );
}

/** With the cause that `reaches` names: the hop nearest to the destination that says one. */
function withoutGatewayLine(grant: ProbedGrant, trace: Trace, others: Others): Finding {
  const { sidecar, nearby } = trace;
  const lines = traceLines(trace);
  const atGateway = nearby === undefined ? undefined : explainLine("gateway", nearby);
  if (atGateway !== undefined)
    return failed(
      `the probe's connection came to the gateway and ended there: ${causeText(atGateway, others)}`,
      lines,
    );
  const failure = sidecar === undefined ? undefined : explainLine("sidecar", sidecar);
  if (failure !== undefined)
    return failed(
      `the probe's connection did not come to the gateway: ${causeText(failure, others)}`,
      lines,
    );
  return unknown(
    isHeldOpen(grant, trace.try)
      ? STILL_OPEN
      : "no line of the gateway's log belongs to the probe's connection; check that the gateway's access-log Telemetry is in place, it is looked for again with the next verification",
    lines,
  );
}

function wentNoFurther(
  grant: ProbedGrant,
  trace: Trace,
  { gateway: { pod, line }, others }: { readonly gateway: GatewayLine; readonly others: Others },
): Finding {
  const lines = traceLines(trace);
  const explained = explainLine("gateway", line);
  const cause = explained === undefined ? undefined : causeText(explained, others);
  const isNamed = isByRoute(grant)
    ? line.routeName !== undefined && grant.routeNames.includes(line.routeName)
    : line.requestedServerName === grant.doorName;
  if (isNamed && cause !== undefined)
    return failed(
      `gateway pod ${pod} took the probe's connection under ${wayOf(grant, line)}, and it went no further: ${cause}`,
      lines,
    );
  return failed(
    `gateway pod ${pod} saw the probe's connection but did not let it pass by this grant: ${cause ?? "it went by another grant's tunnel or route"}`,
    lines,
  );
}

/** A gateway's line proves a grant by its route's name, or by its door's name and bytes in both directions. */
export function isOfGrant(grant: ProbedGrant, line: AccessLogLine): boolean {
  if (!isByRoute(grant)) return isTunnel(grant, line);
  return (
    line.routeName !== undefined &&
    grant.routeNames.includes(line.routeName) &&
    line.responseCodeDetails === "via_upstream"
  );
}

const OWN_TRAFFIC_COUNTS =
  "let the application connect: bytes both ways in the gateway's log prove it";

/** Of a tunnel that led to its destination, which took what was sent and said nothing until its client went. */
function isSilent(grant: ProbedGrant, line: AccessLogLine): boolean {
  return (
    line.method === undefined &&
    line.requestedServerName === grant.doorName &&
    line.upstreamHost !== undefined &&
    line.responseFlags === "-" &&
    line.connectionTerminationDetails === undefined &&
    line.bytesReceived > 0 &&
    line.bytesSent === 0
  );
}

function isTunnel(grant: ProbedGrant, line: AccessLogLine): boolean {
  return (
    line.method === undefined &&
    line.requestedServerName === grant.doorName &&
    line.upstreamHost !== undefined &&
    line.bytesReceived > 0 &&
    line.bytesSent > 0 &&
    line.connectionTerminationDetails?.startsWith("rbac_access_denied") !== true
  );
}

function hasFailure({ sidecar, gateway }: Trace): boolean {
  const atGateway = gateway === undefined ? undefined : explainLine("gateway", gateway.line);
  const atSidecar = sidecar === undefined ? undefined : explainLine("sidecar", sidecar);
  if (sidecar !== undefined && sidecarWay(sidecar) === "blocked") return true;
  return atGateway !== undefined || atSidecar !== undefined;
}

/** Whether curl alone shows that the destination answered, whatever a log says. */
export function sawAnswer(grant: ProbedGrant, { appconnect, status }: ProbeTry): boolean {
  if (grant.destination.mode === "tls") return appconnect > 0;
  return isByRoute(grant) && status > 0 && !PROXY_STATUSES.includes(status);
}

function isByRoute({ destination }: ProbedGrant): boolean {
  return modeOf(destination).passes === "route";
}

function took({ total, try: number }: ProbeTry): string {
  const tries = number > 1 ? ` at try ${number}` : "";
  return ` in ${Math.max(1, Math.round(total * 1000))} ms${tries}`;
}
