import type { LabelSelector } from "./workload-schema.ts";

/** What stands behind one host and port outside the cluster. */
export interface External {
  readonly host: string;
  readonly port: number;
  readonly kind: "http" | "tls" | "tcp";
  readonly addresses: readonly string[];
  /** HTTP status of every answer; default 200. */
  readonly status?: number;
  /** Of kind http: every answer is 301, with this in its Location header. */
  readonly redirectsTo?: string;
  /** Default `answers`; `silent` never completes the connection, `resets` accepts and closes at once. */
  readonly behaviour?: "answers" | "silent" | "resets";
  /** DNS names in the server's certificate (kind tls); default the host itself. */
  readonly certificate?: readonly string[];
  /** Of kind tcp: says nothing before a client begins with this (latin1); without it the server speaks first. */
  readonly waitsFor?: string;
  /** Of kinds http and tls; default all. */
  readonly speaks?: readonly AppProtocol[];
  /** The answer's body is the address the connection came from, so a client can read where it left. */
  readonly echoesSource?: boolean;
}

/** How lines of a log are written. */
export interface LogStyle {
  readonly encoding: "TEXT" | "JSON";
  /** In the encoding's own notation; undefined for Istio's own. */
  readonly format: string | undefined;
}

/** Everything that decides a connection's fate: the stored objects and the facts no object holds. */
export interface MeshWorld {
  /** Kubernetes objects as stored, of any kind; kinds the model does not know are ignored. */
  readonly objects: readonly object[];
  readonly externals: readonly External[];
  /** MeshConfig `outboundTrafficPolicy.mode`; a Sidecar object may override it for its pods. */
  readonly outboundTrafficPolicy: "REGISTRY_ONLY" | "ALLOW_ANY";
  /** `ISTIO_META_DNS_CAPTURE`: hosts of ServiceEntries get virtual addresses out of 240.240.0.0/16. */
  readonly dnsCapture: boolean;
  readonly trustDomain: string;
  /** The mesh's root namespace, `aks-istio-system` in the AKS add-on. */
  readonly rootNamespace: string;
  /** MeshConfig `discoverySelectors`. Default: every namespace. */
  readonly discoverySelectors?: readonly LabelSelector[];
  readonly accessLogEncoding: "TEXT" | "JSON";
  /** MeshConfig `accessLogFormat`; undefined for Istio's own. */
  readonly accessLogFormat?: string | undefined;
  /** MeshConfig `extensionProviders` with a file log, by name; `envoy` is there without. Default none. */
  readonly accessLogProviders?: Readonly<Record<string, LogStyle>>;
  /** MeshConfig `accessLogFile` is set: every proxy logs where no Telemetry says otherwise. Default false. */
  readonly accessLogFile?: boolean;
  readonly now?: Date;
  /** Distinguishes attempts: client ports and request ids derive from it. */
  readonly sequence?: number;
  /** Age of the newest AuthorizationPolicy change, and how long after one HTTP doors still answer 403. */
  readonly policyAgeMs?: number;
  readonly policyWindowMs?: number;
  /** The source address of connections that leave a node directly. Default 198.51.100.200. */
  readonly nodeAddress?: string;
}

export interface Client {
  readonly podName: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly sidecar: boolean;
}

/** What apps and servers speak inside HTTP; `HTTP/2` in the clear, known beforehand. */
export type AppProtocol = "HTTP/1.1" | "HTTP/2" | "WebSocket" | "gRPC";

/** One connection a client tries, as a curl command would. */
export interface Attempt {
  readonly client: Client;
  /** What the client speaks: plain HTTP, TLS (with HTTP inside), or bytes. */
  readonly kind: "http" | "tls" | "tcp";
  /** Host header, or SNI, or the name that is resolved. */
  readonly host: string;
  readonly port: number;
  /** The address to use instead of resolving the host. */
  readonly address?: string;
  readonly method?: string;
  readonly path?: string;
  readonly userAgent?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of bytes: what the client says first (latin1). */
  readonly says?: string;
  /** Of plain HTTP; default 1.1. */
  readonly httpVersion?: "1.0" | "1.1";
  /** Of plain HTTP; default HTTP/1.1. */
  readonly speaks?: AppProtocol;
  /** Accept any certificate. */
  readonly insecure?: boolean;
  readonly maxTimeMs?: number;
  readonly connectTimeoutMs?: number;
}

/** What curl would report. Exit codes: https://everything.curl.dev/cmdline/exitcode.html */
export interface CurlResult {
  readonly exitCode: number;
  readonly httpStatus?: number;
  /** Of an answer that sends elsewhere. */
  readonly redirectUrl?: string;
  readonly body: string;
  /** Bytes of body received. */
  readonly bytes: number;
  /** Milliseconds since the start; 0 = never reached, as in curl's `time_connect`. */
  readonly timeConnectMs: number;
  readonly timeAppConnectMs: number;
  /** Without curl's own `curl: (N) ` prefix; empty on success. */
  readonly errorMessage: string;
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
}

export interface Outcome {
  readonly curl: CurlResult;
  /** Modelled, not spent. */
  readonly elapsedMs: number;
  readonly sidecarLines: readonly string[];
  readonly gatewayLines: readonly GatewayLine[];
  /** Of a gRPC call that was answered: whether the client got its trailers, without which the call failed. */
  readonly hasTrailers?: boolean;
  /** The address the external server saw, if it saw the connection. */
  readonly sourceAddress?: string;
}

export interface GatewayLine {
  readonly pod: string;
  readonly namespace: string;
  readonly line: string;
}
