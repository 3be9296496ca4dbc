/**
 * How a destination is spoken to. `tls`: passed through by SNI. `http`: plain HTTP, routed by the gateway. `tcp`: bytes.
 * `originate`: the app speaks HTTP on port 80, and the gateway TLS to the destination.
 */
export const MODES = ["tls", "http", "tcp", "originate"] as const;
export type Mode = (typeof MODES)[number];

/** Where to. Host, port and mode are, with a namespace, the key of a door. */
export interface Destination {
  /** Lower case, ASCII (IDNA A-labels), no trailing dot; a wildcard is `*.` and such a name. `parseHost` is the only maker. */
  readonly host: string;
  /** Of the destination itself, whatever port the app connects to. */
  readonly port: number;
  readonly mode: Mode;
  /** Of a wildcard: the host the gateway connects to, whichever of the names was asked for. */
  readonly via?: string;
  /** What of an HTTP destination may be asked for: `/v1/items` is this path, `/v1/*` every path below; undefined = all. */
  readonly paths?: readonly string[];
  /** Like `paths`, upper case. Neither list is empty; both are sorted and without duplicates. */
  readonly methods?: readonly string[];
}

/** Bounds of what an HTTP request may ask for. */
export type Limits = Pick<Destination, "paths" | "methods">;

/** Who: a whole namespace, or service accounts in it. */
export interface Scope {
  readonly namespace: string;
  /** Sorted, without duplicates; empty = every pod of the namespace. */
  readonly serviceAccounts: readonly string[];
}

/** A gateway's name in the cluster: `namespace/name`. */
export interface GatewayRef {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The approved right of one scope to reach one destination through one gateway until a time.
 * Its id is that of the request which made it, like `EG-7QK4M`; of several, `EG-7QK4M.1` … `.10`.
 */
export interface Grant {
  readonly id: string;
  /** The cluster's name in the configuration. */
  readonly cluster: string;
  readonly team: string;
  readonly gateway: GatewayRef;
  readonly scope: Scope;
  readonly destination: Destination;
  /** Counted from activation; undefined where an absolute end was asked for. Milliseconds. */
  readonly durationMs: number | undefined;
  /** No end lies after this. Epoch milliseconds; fixed when the request is made. */
  readonly latestEnd: number;
}

/** What one cluster's mesh knows of a gateway, observed from its Deployment and Service, never guessed. */
export interface GatewayFacts {
  readonly ref: GatewayRef;
  /** Pod labels that Istio Gateways and policies select, like `{istio: "egw"}`. */
  readonly selector: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** `egw.egress-gw.svc.cluster.local` */
  readonly serviceHost: string;
  readonly trustDomain: string;
}

export function gatewayKey(ref: GatewayRef): string {
  return `${ref.namespace}/${ref.name}`;
}

/** `edition.cnn.com:443` */
export function endpoint(destination: { readonly host: string; readonly port: number }): string {
  return `${destination.host}:${destination.port}`;
}
