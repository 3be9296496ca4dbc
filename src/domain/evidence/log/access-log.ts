/** One line of an istio-proxy's access log. A value the proxy did not have is left out. */
export interface AccessLogLine {
  /** As the format writes it; RFC 3339 in Istio's own, by the clock of the proxy's node. */
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

/** Of `host:port`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

export type LineField = Exclude<keyof AccessLogLine, "raw">;

/** The values of a line as text, under the fields that the format writes. */
export type FieldTexts = Readonly<Partial<Record<LineField, string>>>;

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

/** `-` is Envoy's word for a value it does not have. */
export function toLine(raw: string, fields: FieldTexts): AccessLogLine {
  function number(name: LineField): number {
    const text = fields[name] ?? "";
    return /^\d+$/u.test(text) ? Number(text) : 0;
  }
  const known = OPTIONAL.filter((name) => !["-", "", undefined].includes(fields[name]));
  return {
    startTime: fields.startTime ?? "",
    responseCode: number("responseCode"),
    responseFlags: fields.responseFlags ?? "-",
    bytesReceived: number("bytesReceived"),
    bytesSent: number("bytesSent"),
    durationMs: number("durationMs"),
    downstreamLocalAddress: fields.downstreamLocalAddress ?? "-",
    downstreamRemoteAddress: fields.downstreamRemoteAddress ?? "-",
    ...Object.fromEntries(known.map((name) => [name, fields[name]])),
    raw,
  };
}
