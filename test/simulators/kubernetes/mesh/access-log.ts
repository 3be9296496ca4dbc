/** One proxy's log entry; undefined is `-` in TEXT and null in JSON. */
export interface LogEntry {
  readonly startTime: Date;
  readonly method?: string;
  readonly path?: string;
  readonly protocol?: string;
  readonly responseCode: number;
  readonly flags?: string;
  readonly details?: string;
  readonly terminationDetails?: string;
  readonly transportFailure?: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  readonly serviceTimeMs?: number;
  readonly forwardedFor?: string;
  readonly userAgent?: string;
  readonly requestId?: string;
  readonly authority?: string;
  readonly upstreamHost?: string;
  readonly upstreamCluster?: string;
  readonly upstreamLocal?: string;
  readonly downstreamLocal: string;
  readonly downstreamRemote: string;
  readonly sni?: string;
  readonly routeName?: string;
}

/**
 * Istio's default format, https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
 */
export function renderText(entry: LogEntry): string {
  return [
    `[${entry.startTime.toISOString()}]`,
    `"${dash(entry.method)} ${dash(entry.path)} ${dash(entry.protocol)}"`,
    entry.responseCode,
    dash(entry.flags),
    dash(entry.details),
    dash(entry.terminationDetails),
    `"${dash(entry.transportFailure)}"`,
    entry.bytesReceived,
    entry.bytesSent,
    entry.durationMs,
    dash(entry.serviceTimeMs),
    ...[
      entry.forwardedFor,
      entry.userAgent,
      entry.requestId,
      entry.authority,
      entry.upstreamHost,
    ].map((value) => `"${dash(value)}"`),
    dash(entry.upstreamCluster),
    dash(entry.upstreamLocal),
    entry.downstreamLocal,
    entry.downstreamRemote,
    dash(entry.sni),
    dash(entry.routeName),
  ].join(" ");
}

/** MeshConfig `accessLogEncoding: JSON`: keys sorted, unknown values null, no flags is the string `-`. */
export function renderJson(entry: LogEntry): string {
  return JSON.stringify({
    authority: orNull(entry.authority),
    bytes_received: entry.bytesReceived,
    bytes_sent: entry.bytesSent,
    connection_termination_details: orNull(entry.terminationDetails),
    downstream_local_address: entry.downstreamLocal,
    downstream_remote_address: entry.downstreamRemote,
    duration: entry.durationMs,
    method: orNull(entry.method),
    path: orNull(entry.path),
    protocol: orNull(entry.protocol),
    request_id: orNull(entry.requestId),
    requested_server_name: orNull(entry.sni),
    response_code: entry.responseCode,
    response_code_details: orNull(entry.details),
    response_flags: entry.flags ?? "-",
    route_name: orNull(entry.routeName),
    start_time: entry.startTime.toISOString(),
    upstream_cluster: orNull(entry.upstreamCluster),
    upstream_host: orNull(entry.upstreamHost),
    upstream_local_address: orNull(entry.upstreamLocal),
    upstream_service_time: entry.serviceTimeMs === undefined ? null : String(entry.serviceTimeMs),
    upstream_transport_failure_reason: orNull(entry.transportFailure),
    user_agent: orNull(entry.userAgent),
    x_forwarded_for: orNull(entry.forwardedFor),
  });
}

function dash(value: string | number | undefined): string {
  return String(value ?? "-");
}

function orNull(value: string | undefined): string | null {
  return value ?? null;
}
