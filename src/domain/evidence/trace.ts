import { type AccessLogLine, hostOf } from "./log/access-log.ts";
import type { GatewayLine, GatewayLog } from "./check.ts";
import type { ProbeTry } from "./probe/probe-output.ts";

/** One try, followed hop by hop as far as the logs show it. */
export interface Trace {
  readonly try: ProbeTry;
  readonly sidecar: AccessLogLine | undefined;
  readonly gateway: GatewayLine | undefined;
  /** Where a tunnel failed before the sidecar had a connection to name: what a gateway logged of that pod then. It explains; it proves nothing. */
  readonly nearby?: AccessLogLine | undefined;
}

/** Where the sidecar sent a connection, or that it sent it nowhere. */
export type SidecarWay = "blocked" | "passed-through" | "to-a-cluster" | "nowhere";

/**
 * Joins a try with the sidecar's line by the client's port, and that with a gateway's line by the connection between
 * the two: the sidecar's local address upstream is the gateway's remote address downstream. (Request ids differ: the
 * gateway makes its own.) A pooled connection carries many HTTP requests: those are told apart by their User-Agent,
 * method, path and status, and the nearest in time is taken.
 */
export function traceTry(
  tried: ProbeTry,
  sidecarLog: readonly AccessLogLine[],
  gatewayLogs: readonly GatewayLog[],
): Trace {
  const sidecar = sidecarLog.findLast(
    ({ downstreamRemoteAddress }) =>
      tried.localPort > 0 && portOf(downstreamRemoteAddress) === tried.localPort,
  );
  return {
    try: tried,
    sidecar,
    gateway: sidecar === undefined ? undefined : joined(sidecar, gatewayLogs),
    nearby: sidecar === undefined ? undefined : nearbyLine(sidecar, gatewayLogs),
  };
}

/** Clocks of two nodes differ a little. */
const SKEW_MS = 1000;

/** A gateway that closes a tunnel while it is set up leaves the sidecar without a local address to join by. */
function nearbyLine(
  sidecar: AccessLogLine,
  gatewayLogs: readonly GatewayLog[],
): AccessLogLine | undefined {
  if (sidecar.upstreamLocalAddress !== undefined || sidecar.method !== undefined) return undefined;
  if (sidecarWay(sidecar) !== "to-a-cluster") return undefined;
  const client = hostOf(sidecar.downstreamRemoteAddress);
  return gatewayLogs
    .flatMap(({ lines }) => lines)
    .filter(
      (line) =>
        line.method === undefined &&
        hostOf(line.downstreamRemoteAddress) === client &&
        distance(sidecar, line) <= sidecar.durationMs + SKEW_MS,
    )
    .toSorted((one, other) => distance(sidecar, one) - distance(sidecar, other))[0];
}

function joined(sidecar: AccessLogLine, gatewayLogs: readonly GatewayLog[]): Trace["gateway"] {
  if (sidecar.upstreamLocalAddress === undefined) return undefined;
  return gatewayLogs
    .flatMap(({ pod, lines }) => lines.map((line) => ({ pod, line })))
    .filter(({ line }) => isSameConnection(sidecar, line) && isSameRequest(sidecar, line))
    .toSorted((one, other) => distance(sidecar, one.line) - distance(sidecar, other.line))[0];
}

function isSameConnection(sidecar: AccessLogLine, gateway: AccessLogLine): boolean {
  return gateway.downstreamRemoteAddress === sidecar.upstreamLocalAddress;
}

function isSameRequest(sidecar: AccessLogLine, gateway: AccessLogLine): boolean {
  return (
    sidecar.method === gateway.method &&
    sidecar.path === gateway.path &&
    sidecar.userAgent === gateway.userAgent &&
    (sidecar.responseCode === gateway.responseCode || gateway.responseCode === 0)
  );
}

function distance(one: AccessLogLine, other: AccessLogLine): number {
  const difference = Math.abs(Date.parse(one.startTime) - Date.parse(other.startTime));
  return Number.isNaN(difference) ? Number.MAX_SAFE_INTEGER : difference;
}

/** https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-OutboundTrafficPolicy */
export function sidecarWay({ upstreamCluster, routeName }: AccessLogLine): SidecarWay {
  if (upstreamCluster === "BlackHoleCluster" || routeName === "block_all") return "blocked";
  if (upstreamCluster === "PassthroughCluster" || routeName === "allow_any")
    return "passed-through";
  return upstreamCluster === undefined ? "nowhere" : "to-a-cluster";
}

/** The lines of a trace, for people to look at. */
export function traceLines({ sidecar, gateway, nearby }: Trace): readonly string[] {
  return [
    ...(gateway === undefined ? [] : [gateway.line.raw]),
    ...(nearby === undefined ? [] : [nearby.raw]),
    ...(sidecar === undefined ? [] : [sidecar.raw]),
  ];
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
