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

/**
 * MeshConfig `accessLogFormat`: a line, or with `accessLogEncoding: JSON` an object of lines, of which one that is a single
 * operator keeps the value's type. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig
 */
export function renderFormat(entry: LogEntry, encoding: "TEXT" | "JSON", format: string): string {
  if (encoding === "TEXT") return format.replaceAll(OPERATOR, (each) => dash(valueOf(entry, each)));
  const values = Object.entries(JSON.parse(format) as Readonly<Record<string, string>>).map(
    ([key, text]) => [
      key,
      /^%[^%]+%$/.test(text)
        ? (valueOf(entry, text) ?? null)
        : text.replaceAll(OPERATOR, (each) => dash(valueOf(entry, each))),
    ],
  );
  return JSON.stringify(Object.fromEntries(values));
}

const OPERATOR = /%[A-Z_]+(?:\([^)]*\))?%/g;

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators */
function valueOf(entry: LogEntry, operator: string): string | number | undefined {
  const values: Readonly<Record<string, string | number | undefined>> = {
    "%START_TIME%": entry.startTime.toISOString(),
    "%REQ(:METHOD)%": entry.method,
    "%REQ(:PATH)%": entry.path,
    "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%": entry.path,
    "%PROTOCOL%": entry.protocol,
    "%RESPONSE_CODE%": entry.responseCode,
    "%RESPONSE_FLAGS%": entry.flags,
    "%RESPONSE_CODE_DETAILS%": entry.details,
    "%CONNECTION_TERMINATION_DETAILS%": entry.terminationDetails,
    "%UPSTREAM_TRANSPORT_FAILURE_REASON%": entry.transportFailure,
    "%BYTES_RECEIVED%": entry.bytesReceived,
    "%BYTES_SENT%": entry.bytesSent,
    "%DURATION%": entry.durationMs,
    "%REQ(USER-AGENT)%": entry.userAgent,
    "%REQ(X-REQUEST-ID)%": entry.requestId,
    "%REQ(:AUTHORITY)%": entry.authority,
    "%UPSTREAM_HOST%": entry.upstreamHost,
    "%UPSTREAM_CLUSTER%": entry.upstreamCluster,
    "%UPSTREAM_LOCAL_ADDRESS%": entry.upstreamLocal,
    "%DOWNSTREAM_LOCAL_ADDRESS%": entry.downstreamLocal,
    "%DOWNSTREAM_REMOTE_ADDRESS%": entry.downstreamRemote,
    "%REQUESTED_SERVER_NAME%": entry.sni,
    "%ROUTE_NAME%": entry.routeName,
  };
  return values[operator];
}

function dash(value: string | number | undefined): string {
  return String(value ?? "-");
}

function orNull(value: string | undefined): string | null {
  return value ?? null;
}
