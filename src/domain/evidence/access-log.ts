import { z } from "zod";

/** One line of an istio-proxy's access log. A value the proxy did not have is left out. */
export interface AccessLogLine {
  /** RFC 3339, by the clock of the proxy's node. */
  readonly startTime: string;
  readonly method?: string;
  readonly path?: string;
  readonly protocol?: string;
  /** 0 for a TCP connection, and where no response was made. */
  readonly responseCode: number;
  /** Envoy's response flags, comma-separated; `-` where there are none. */
  readonly responseFlags: string;
  readonly responseCodeDetails?: string;
  readonly connectionTerminationDetails?: string;
  readonly upstreamTransportFailureReason?: string;
  /** From the client, in bytes; of HTTP the body only. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  readonly userAgent?: string;
  readonly authority?: string;
  /** `ip:port`, like the other addresses. */
  readonly upstreamHost?: string;
  readonly upstreamCluster?: string;
  readonly upstreamLocalAddress?: string;
  readonly downstreamLocalAddress: string;
  readonly downstreamRemoteAddress: string;
  readonly requestedServerName?: string;
  readonly routeName?: string;
  /** The line as it was read. */
  readonly raw: string;
}

/**
 * Reads a line in Istio's default TEXT format or its JSON encoding; anything else a proxy prints is undefined.
 * TEXT escapes nothing: a line whose quotes do not add up (a client can put one into its path or User-Agent) is not
 * read at all, so that no client writes the fields after it.
 * https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
 */
export function parseAccessLogLine(raw: string): AccessLogLine | undefined {
  if (raw.startsWith("{")) return parseJson(raw);
  return raw.startsWith("[") ? parseText(raw) : undefined;
}

export function parseAccessLog(lines: readonly string[]): readonly AccessLogLine[] {
  return lines.flatMap((line) => parseAccessLogLine(line) ?? []);
}

const TEXT = new RegExp(
  [
    String.raw`^\[(?<startTime>\S+)\]`,
    '"(?<request>[^"]*)"',
    String.raw`(?<responseCode>\d+)`,
    String.raw`(?<responseFlags>\S+)`,
    '(?<responseCodeDetails>[^"]*?)',
    String.raw`(?<connectionTerminationDetails>\S+)`,
    '"(?<upstreamTransportFailureReason>[^"]*)"',
    String.raw`(?<bytesReceived>\d+)`,
    String.raw`(?<bytesSent>\d+)`,
    String.raw`(?<durationMs>\d+|-)`,
    String.raw`(?:\d+|-)`,
    '"[^"]*"',
    '"(?<userAgent>[^"]*)"',
    '"[^"]*"',
    '"(?<authority>[^"]*)"',
    '"(?<upstreamHost>[^"]*)"',
    String.raw`(?<upstreamCluster>\S+)`,
    String.raw`(?<upstreamLocalAddress>\S+)`,
    String.raw`(?<downstreamLocalAddress>\S+)`,
    String.raw`(?<downstreamRemoteAddress>\S+)`,
    String.raw`(?<requestedServerName>\S+)`,
    String.raw`(?<routeName>\S+)$`,
  ].join(" "),
  "u",
);

function parseText(raw: string): AccessLogLine | undefined {
  const groups = TEXT.exec(raw.trimEnd())?.groups;
  if (groups === undefined) return undefined;
  const request = /^(?<method>\S+) (?<path>.*) (?<protocol>\S+)$/u.exec(groups["request"] ?? "");
  return toLine(raw, { ...groups, ...request?.groups });
}

const Value = z.union([z.string(), z.number()]).nullish();
const JsonLine = z.object({
  start_time: z.string(),
  method: Value,
  path: Value,
  protocol: Value,
  response_code: z.union([z.number(), z.string()]),
  response_flags: Value,
  response_code_details: Value,
  connection_termination_details: Value,
  upstream_transport_failure_reason: Value,
  bytes_received: Value,
  bytes_sent: Value,
  duration: Value,
  user_agent: Value,
  authority: Value,
  upstream_host: Value,
  upstream_cluster: Value,
  upstream_local_address: Value,
  downstream_local_address: z.string(),
  downstream_remote_address: z.string(),
  requested_server_name: Value,
  route_name: Value,
});

function parseJson(raw: string): AccessLogLine | undefined {
  const read = JsonLine.safeParse(jsonOf(raw)).data;
  if (read === undefined) return undefined;
  const fields = Object.entries(read).map(([name, value]): [string, string] => [
    FIELD_NAMES.get(name) ?? camelCase(name),
    String(value ?? "-"),
  ]);
  return toLine(raw, Object.fromEntries(fields));
}

const FIELD_NAMES: ReadonlyMap<string, string> = new Map([["duration", "durationMs"]]);

function camelCase(name: string): string {
  return name.replaceAll(/_(?<letter>[a-z])/gu, (_, letter: string) => letter.toUpperCase());
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const OPTIONAL = [
  "method",
  "path",
  "protocol",
  "responseCodeDetails",
  "connectionTerminationDetails",
  "upstreamTransportFailureReason",
  "userAgent",
  "authority",
  "upstreamHost",
  "upstreamCluster",
  "upstreamLocalAddress",
  "requestedServerName",
  "routeName",
] as const;

function toLine(raw: string, fields: Readonly<Record<string, string | undefined>>): AccessLogLine {
  function number(name: string): number {
    const text = fields[name] ?? "";
    return /^\d+$/u.test(text) ? Number(text) : 0;
  }
  const known = OPTIONAL.filter((name) => !["-", "", undefined].includes(fields[name]));
  return {
    startTime: fields["startTime"] ?? "",
    responseCode: number("responseCode"),
    responseFlags: fields["responseFlags"] ?? "-",
    bytesReceived: number("bytesReceived"),
    bytesSent: number("bytesSent"),
    durationMs: number("durationMs"),
    downstreamLocalAddress: fields["downstreamLocalAddress"] ?? "-",
    downstreamRemoteAddress: fields["downstreamRemoteAddress"] ?? "-",
    ...Object.fromEntries(known.map((name) => [name, fields[name]])),
    raw,
  };
}
