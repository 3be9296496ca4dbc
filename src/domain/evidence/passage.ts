import { endpoint } from "../grant.ts";
import type { AccessLogLine } from "./access-log.ts";
import type { ProbedGrant } from "./check.ts";
import { explainLine, explainTrace } from "./explain.ts";
import { failed, type Finding, passed, unknown } from "./finding.ts";
import type { ProbeTry } from "./probe-output.ts";
import { sidecarWay, type Trace, traceLines } from "./trace.ts";

/** HTTP statuses that a sidecar or gateway may have made itself; without a log nobody can tell. */
const PROXY_STATUSES: readonly number[] = [403, 404, 502, 503, 504];

/** `reaches`: the destination answers. An HTTP error counts where a log shows that it is the destination's own. */
export function judgeReaches(grant: ProbedGrant, trace: Trace | undefined): Finding {
  const where = endpoint(grant.destination);
  if (trace === undefined)
    return unknown(`the probe did not ask for ${where}; it runs again with the next verification`);
  const lines = traceLines(trace);
  if (grant.destination.mode === "tls") return judgeTls(grant, trace);
  const { status } = trace.try;
  const isFromDestination = trace.gateway?.line.responseCodeDetails === "via_upstream";
  if (status > 0 && (isFromDestination || !PROXY_STATUSES.includes(status)))
    return passed(`${where} answered HTTP ${status}${took(trace.try)}`, lines);
  if (status > 0 && !hasFailure(trace))
    return unknown(
      `HTTP ${status} came back for ${where}, and no log shows whether the destination or a proxy said so; check that access logging is on`,
      lines,
    );
  return failed(`${where} was not reached: ${explainTrace(trace).text}`, lines);
}

function judgeTls(grant: ProbedGrant, trace: Trace): Finding {
  const where = endpoint(grant.destination);
  const lines = traceLines(trace);
  if (trace.try.appconnect > 0)
    return passed(`${where} completed a TLS handshake${took(trace.try)}`, lines);
  const line = trace.gateway?.line;
  // A server that insists on a client certificate ends the handshake with an alert: that is its answer.
  if (/\balert\b/u.test(trace.try.error) && line !== undefined && isTunnel(grant, line))
    return passed(
      `${where} answered the TLS handshake with an alert, as a server does that wants a certificate`,
      lines,
    );
  return failed(`${where} was not reached: ${explainTrace(trace).text}`, lines);
}

/** `through-the-gateway`: a gateway's own log shows this grant's route or door, on the probe's connection. */
export function judgePassage(grant: ProbedGrant, trace: Trace | undefined): Finding {
  if (trace === undefined)
    return unknown("the probe did not run, so there is nothing to find in the gateway's log");
  const lines = traceLines(trace);
  const { sidecar, gateway } = trace;
  if (sidecar === undefined)
    return unknown(
      "the probe's sidecar logged no line for the connection; check that the namespace's access-log Telemetry is in place",
    );
  if (gateway === undefined) return withoutGatewayLine(trace);
  if (!isOfGrant(grant, gateway.line)) {
    const why = explainLine("gateway", gateway.line)?.text;
    return failed(
      `gateway pod ${gateway.pod} saw the probe's connection but did not let it pass by this grant: ${why ?? "it went by another grant's door or route"}`,
      lines,
    );
  }
  const by = grant.destination.mode === "http" ? "route" : "door";
  return passed(
    `gateway pod ${gateway.pod} logged the probe's connection under this grant's ${by}`,
    lines,
  );
}

function withoutGatewayLine(trace: Trace): Finding {
  const { sidecar } = trace;
  const lines = traceLines(trace);
  const failure = sidecar === undefined ? undefined : explainLine("sidecar", sidecar);
  if (failure !== undefined)
    return failed(`the probe's connection did not come to the gateway: ${failure.text}`, lines);
  return unknown(
    "no line of the gateway's log belongs to the probe's connection; check that the gateway's access-log Telemetry is in place, it is looked for again with the next verification",
    lines,
  );
}

/** A gateway's line proves a grant by its route's name, or by its door's name and bytes in both directions. */
export function isOfGrant(grant: ProbedGrant, line: AccessLogLine): boolean {
  if (grant.destination.mode === "tls") return isTunnel(grant, line);
  return (
    line.routeName !== undefined &&
    grant.routeNames.includes(line.routeName) &&
    line.responseCodeDetails === "via_upstream"
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

function took({ total, try: number }: ProbeTry): string {
  const tries = number > 1 ? ` at try ${number}` : "";
  return ` in ${Math.max(1, Math.round(total * 1000))} ms${tries}`;
}
