import type { LineField } from "./access-log.ts";

/** One command operator of Envoy's, as a format holds it. */
export interface Operator {
  /** The field it writes; undefined for what no check reads. */
  readonly field: LineField | undefined;
  /**
   * How its values look: digits; a name, which holds no sign that ends a field; a word, which holds no space; words of
   * the proxy's own; or free, which a client or server outside writes.
   */
  readonly value: "number" | "name" | "word" | "words" | "free";
}

const NAMED: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["START_TIME", { field: "startTime", value: "words" }],
  ["PROTOCOL", { field: "protocol", value: "name" }],
  ["RESPONSE_CODE", { field: "responseCode", value: "number" }],
  ["RESPONSE_FLAGS", { field: "responseFlags", value: "word" }],
  ["RESPONSE_CODE_DETAILS", { field: "responseCodeDetails", value: "words" }],
  ["CONNECTION_TERMINATION_DETAILS", { field: "connectionTerminationDetails", value: "word" }],
  [
    "UPSTREAM_TRANSPORT_FAILURE_REASON",
    { field: "upstreamTransportFailureReason", value: "words" },
  ],
  ["BYTES_RECEIVED", { field: "bytesReceived", value: "number" }],
  ["BYTES_SENT", { field: "bytesSent", value: "number" }],
  ["DURATION", { field: "durationMs", value: "number" }],
  ["UPSTREAM_HOST", { field: "upstreamHost", value: "word" }],
  ["UPSTREAM_CLUSTER", { field: "upstreamCluster", value: "word" }],
  ["UPSTREAM_CLUSTER_RAW", { field: "upstreamCluster", value: "word" }],
  ["UPSTREAM_LOCAL_ADDRESS", { field: "upstreamLocalAddress", value: "word" }],
  ["DOWNSTREAM_LOCAL_ADDRESS", { field: "downstreamLocalAddress", value: "word" }],
  ["DOWNSTREAM_REMOTE_ADDRESS", { field: "downstreamRemoteAddress", value: "word" }],
  ["REQUESTED_SERVER_NAME", { field: "requestedServerName", value: "free" }],
  ["ROUTE_NAME", { field: "routeName", value: "name" }],
]);

const HEADERS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  [":METHOD", { field: "method", value: "name" }],
  [":PATH", { field: "path", value: "free" }],
  ["X-ENVOY-ORIGINAL-PATH?:PATH", { field: "path", value: "free" }],
  ["USER-AGENT", { field: "userAgent", value: "free" }],
  [":AUTHORITY", { field: "authority", value: "free" }],
]);

const OTHER: Operator = { field: undefined, value: "free" };

/**
 * Reads an operator by its name and argument, like `REQ` and `:METHOD`; one that no check reads writes no field.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators
 */
export function operatorOf(name: string, argument: string | undefined): Operator {
  if (name === "REQ" || name === "REQUEST_HEADER")
    return HEADERS.get((argument ?? "").toUpperCase()) ?? OTHER;
  return NAMED.get(name) ?? OTHER;
}

/** An operator that writes the field, as people put it into a format. */
export function operatorFor(field: LineField): string {
  for (const [name, operator] of NAMED) if (operator.field === field) return `%${name}%`;
  for (const [header, operator] of HEADERS) if (operator.field === field) return `%REQ(${header})%`;
  return field;
}
