import { isRecord, jsonIn, type JsonRecord } from "../../json.ts";
import { type AccessLogLine, type FieldTexts, type LineField, toLine } from "./access-log.ts";
import { type TextPattern, textPattern } from "./text-pattern.ts";

/** The format that proxies write their access log in. */
export interface LogFormat {
  /** Fields it does not write. */
  readonly missing: readonly LineField[];
  /** Reads a line; anything else a proxy prints is undefined. */
  readonly read: (raw: string) => AccessLogLine | undefined;
}

const FIELDS: readonly LineField[] = [
  "startTime",
  "method",
  "path",
  "protocol",
  "responseCode",
  "responseFlags",
  "responseCodeDetails",
  "connectionTerminationDetails",
  "upstreamTransportFailureReason",
  "bytesReceived",
  "bytesSent",
  "durationMs",
  "userAgent",
  "authority",
  "upstreamHost",
  "upstreamCluster",
  "upstreamLocalAddress",
  "downstreamLocalAddress",
  "downstreamRemoteAddress",
  "requestedServerName",
  "routeName",
];

/** A log in which no line can be found. */
export const UNREADABLE: LogFormat = { missing: FIELDS, read: () => undefined };

/** https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format */
const DEFAULT_TEXT = `[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%`;

const DEFAULT_JSON = {
  start_time: "%START_TIME%",
  method: "%REQ(:METHOD)%",
  path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
  protocol: "%PROTOCOL%",
  response_code: "%RESPONSE_CODE%",
  response_flags: "%RESPONSE_FLAGS%",
  response_code_details: "%RESPONSE_CODE_DETAILS%",
  connection_termination_details: "%CONNECTION_TERMINATION_DETAILS%",
  upstream_transport_failure_reason: "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
  bytes_received: "%BYTES_RECEIVED%",
  bytes_sent: "%BYTES_SENT%",
  duration: "%DURATION%",
  user_agent: "%REQ(USER-AGENT)%",
  authority: "%REQ(:AUTHORITY)%",
  upstream_host: "%UPSTREAM_HOST%",
  upstream_cluster: "%UPSTREAM_CLUSTER_RAW%",
  upstream_local_address: "%UPSTREAM_LOCAL_ADDRESS%",
  downstream_local_address: "%DOWNSTREAM_LOCAL_ADDRESS%",
  downstream_remote_address: "%DOWNSTREAM_REMOTE_ADDRESS%",
  requested_server_name: "%REQUESTED_SERVER_NAME%",
  route_name: "%ROUTE_NAME%",
};

/**
 * The format that MeshConfig's `accessLogFormat` and `accessLogEncoding` ask for. An empty format is Istio's own, and so
 * is one that is not JSON where the encoding is. https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig
 */
export function parseFormat(
  accessLogFormat: string | undefined,
  accessLogEncoding: string | undefined,
): LogFormat {
  const format = (accessLogFormat ?? "").trim();
  if (accessLogEncoding === "JSON") return jsonFormat(recordOf(jsonIn(format)) ?? DEFAULT_JSON);
  return textFormat(format === "" ? DEFAULT_TEXT : format);
}

/** Reads the lines of a log that any of the formats wrote: proxies of several revisions may write several. */
export function parseAccessLog(
  lines: readonly string[],
  formats: readonly LogFormat[],
): readonly AccessLogLine[] {
  return lines.flatMap((raw) => {
    for (const { read } of formats) {
      const line = read(raw);
      if (line !== undefined) return [line];
    }
    return [];
  });
}

function textFormat(format: string): LogFormat {
  // An entry of several lines cannot be told from the other things a proxy prints.
  if (format.includes("\n")) return UNREADABLE;
  const pattern = textPattern(format);
  return {
    missing: missingOf(pattern.fields),
    read(raw) {
      const texts = pattern.read(raw);
      return texts === undefined || isNothing(texts) ? undefined : toLine(raw, texts);
    },
  };
}

/** Every leaf of the format is a text of its own: JSON escapes what stands in it. */
function jsonFormat(format: JsonRecord): LogFormat {
  const leaves = leavesOf(format, []).filter(({ pattern }) => pattern.fields.length > 0);
  return {
    missing: missingOf(leaves.flatMap(({ pattern }) => pattern.fields)),
    read(raw) {
      const value = raw.startsWith("{") ? recordOf(jsonIn(raw)) : undefined;
      const texts = value === undefined ? undefined : textsOf(leaves, value);
      return texts === undefined || isNothing(texts) ? undefined : toLine(raw, texts);
    },
  };
}

interface Leaf {
  readonly path: readonly string[];
  readonly pattern: TextPattern;
}

function leavesOf(format: JsonRecord, path: readonly string[]): readonly Leaf[] {
  return Object.entries(format).flatMap(([key, value]): readonly Leaf[] => {
    const inner = recordOf(value);
    if (inner !== undefined) return leavesOf(inner, [...path, key]);
    return typeof value === "string" ? [{ path: [...path, key], pattern: leafPattern(value) }] : [];
  });
}

/** A leaf that is one operator and nothing else holds its value as it is. */
function leafPattern(format: string): TextPattern {
  const pattern = textPattern(format, { isWholeValue: true });
  const [field, ...more] = pattern.fields;
  if (field === undefined || more.length > 0 || !/^%[^%]*%$/u.test(format)) return pattern;
  return { fields: [field], read: (text) => ({ [field]: text }) };
}

/** undefined where a key of the format is not there: Envoy writes null for a value it does not have. */
function textsOf(leaves: readonly Leaf[], value: JsonRecord): FieldTexts | undefined {
  let texts: FieldTexts = {};
  for (const { path, pattern } of leaves) {
    const found = valueAt(value, path);
    if (found === undefined) return undefined;
    const read = pattern.read(found);
    if (read === undefined) return undefined;
    texts = { ...texts, ...read };
  }
  return texts;
}

function valueAt(value: JsonRecord, path: readonly string[]): string | undefined {
  let at: unknown = value;
  for (const key of path) at = recordOf(at)?.[key];
  if (at === null) return "-";
  return typeof at === "string" || typeof at === "number" ? String(at) : undefined;
}

function missingOf(written: readonly LineField[]): readonly LineField[] {
  return FIELDS.filter((field) => !written.includes(field));
}

function isNothing(texts: FieldTexts): boolean {
  return Object.keys(texts).length === 0;
}

function recordOf(value: unknown): JsonRecord | undefined {
  return isRecord(value) ? value : undefined;
}
