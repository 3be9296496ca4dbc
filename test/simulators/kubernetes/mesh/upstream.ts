import { isIP } from "node:net";
import { type Carried, understood } from "./app-protocols.ts";
import type { Cluster } from "./cluster.ts";
import { certificateCovers, matchesHost } from "./host-match.ts";
import type { Attempt, External, MeshWorld } from "./world.ts";

/** Outside the cluster: an address, or a name to be looked up. */
export interface Place {
  readonly address: string;
  readonly port: number;
  readonly host?: string;
}

/** What a connection to a place outside meets. `address` is `ip:port`. */
export type Reached =
  | { readonly kind: "no-address" }
  | { readonly kind: "refused"; readonly address: string }
  | { readonly kind: "silent"; readonly address: string }
  | { readonly kind: "closed"; readonly address: string }
  | { readonly kind: "connected"; readonly address: string; readonly external: External };

/**
 * A name nobody has is NXDOMAIN; an address nobody has is silent; a known place without that port refuses.
 * Several hosts may share an address: `host` says which one is meant.
 */
export function reach(world: Pick<MeshWorld, "externals">, place: Place): Reached {
  const isAddress = isIP(place.address) !== 0;
  const there = world.externals.filter((external) =>
    isAddress
      ? external.addresses.includes(place.address)
      : matchesHost(external.host, place.address),
  );
  const here = there.filter(({ port }) => port === place.port);
  const external = here.find(({ host }) => matchesHost(host, place.host ?? "")) ?? here[0];
  const ip = isAddress ? place.address : (external ?? there[0])?.addresses[0];
  if (ip === undefined) return { kind: "no-address" };
  const address = `${ip}:${place.port}`;
  if (external === undefined) return { kind: there.length === 0 ? "silent" : "refused", address };
  return meet(external, address);
}

function meet(external: External, address: string): Reached {
  const behaviour = external.behaviour ?? "answers";
  switch (behaviour) {
    case "answers":
      return { kind: "connected", address, external };
    case "silent":
      return { kind: "silent", address };
    case "resets":
      return { kind: "closed", address };
    default:
      return behaviour satisfies never;
  }
}

/** What a proxy's HTTP router makes of an upstream. */
export interface HttpReply {
  readonly status: number;
  readonly flags?: string;
  readonly details: string;
  readonly transportFailure?: string;
  readonly body: string;
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly upstreamHost?: string;
  /** A connection was established. */
  readonly connected: boolean;
  readonly redirectUrl?: string;
  readonly hasTrailers?: boolean;
}

/** A request as it leaves for the outside. */
export interface Leaving {
  readonly attempt: Pick<Attempt, "speaks">;
  readonly carried: Carried;
  /** The address the server sees. */
  readonly source: string;
}

const CONNECTION_FAILURE = "upstream_reset_before_response_started{remote_connection_failure|";
const RESET = "upstream connect error or disconnect/reset before headers. ";
const CONNECT_RETRIES = 3;

/** One HTTP request over a cluster to the outside. */
export function forwardHttp(
  cluster: Cluster,
  leaving: Leaving,
  reachPlace: (place: Place) => Reached,
): HttpReply {
  const place = cluster.target.kind === "external" ? cluster.target.hosts[0] : undefined;
  const reached: Reached = place === undefined ? { kind: "no-address" } : reachPlace(place);
  switch (reached.kind) {
    case "no-address":
      return failure("UH", "no_healthy_upstream", { body: "no healthy upstream", elapsedMs: 1 });
    case "refused":
      return connectFailure("delayed_connect_error:_Connection_refused", reached.address, 68);
    case "silent":
      return unanswered(cluster, reached.address);
    case "closed":
      return terminated(reached.address);
    case "connected":
      return overConnection(cluster, reached.external, { ...leaving, address: reached.address });
    default:
      return reached satisfies never;
  }
}

type At = Leaving & { readonly address: string };

function overConnection(cluster: Cluster, external: External, at: At): HttpReply {
  const originates = cluster.tls !== undefined && ["SIMPLE", "MUTUAL"].includes(cluster.tls.mode);
  if (!originates) {
    if (external.kind === "tls") return terminated(at.address);
    return external.kind === "http" ? answered(external, at) : protocolError(at.address);
  }
  if (external.kind !== "tls") {
    return connectFailure(
      "TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end",
      at.address,
      28,
    );
  }
  const wanted = cluster.tls?.subjectAltNames ?? [];
  const names = external.certificate ?? [external.host];
  if (wanted.length > 0 && !wanted.some((name) => certificateCovers(names, name))) {
    return connectFailure(
      "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_SAN_matcher:TLS_error_end",
      at.address,
      84,
    );
  }
  return answered(external, at);
}

function answered(external: External, at: At): HttpReply {
  const found = understood(external, at.attempt, at.carried);
  if (found.kind === "nothing") return protocolError(at.address);
  if (found.kind === "switched") return switched(at.address);
  const body = bodyOf(external, at.source);
  return {
    status: statusOf(external),
    ...redirectOf(external),
    details: found.kind === "not-switched" ? "websocket_handshake_unsuccessful" : "via_upstream",
    body,
    bytes: body.length,
    elapsedMs: 2,
    upstreamHost: at.address,
    connected: true,
    ...(found.kind === "answered" && at.attempt.speaks === "gRPC"
      ? { hasTrailers: found.trailers }
      : {}),
  };
}

/** An answer as the proxy before it gets it, from the one at this address. */
export function passedOn(
  { status, body, bytes, elapsedMs, redirectUrl, hasTrailers }: HttpReply,
  upstreamHost: string,
): HttpReply {
  return {
    status,
    details: "via_upstream",
    body,
    bytes,
    elapsedMs: elapsedMs + 2,
    upstreamHost,
    connected: true,
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
    ...(hasTrailers === undefined ? {} : { hasTrailers }),
  };
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2 */
function switched(upstreamHost: string): HttpReply {
  return {
    status: 101,
    // It lasts until the client goes.
    flags: "DC",
    details: "downstream_remote_disconnect",
    body: "",
    bytes: 16,
    elapsedMs: 2,
    upstreamHost,
    connected: true,
  };
}

export function statusOf({ status, redirectsTo }: External): number {
  return status ?? (redirectsTo === undefined ? 200 : 301);
}

export function redirectOf({ redirectsTo }: External): { readonly redirectUrl?: string } {
  return redirectsTo === undefined ? {} : { redirectUrl: redirectsTo };
}

/** The answer of an HTTP server outside. */
export function bodyOf(external: External, source: string): string {
  return external.echoesSource === true
    ? `${source}\n`
    : `${external.host} answers on port ${external.port}\n`;
}

/** A 503 Envoy makes itself. Texts: https://www.envoyproxy.io/docs/envoy/latest/faq/debugging/why_is_envoy_sending_internal_responses */
export function failure(
  flags: string,
  details: string,
  answer: { readonly body: string; readonly elapsedMs: number },
): HttpReply {
  const { body, elapsedMs } = answer;
  return { status: 503, flags, details, body, bytes: body.length, elapsedMs, connected: false };
}

/** 503 after nobody answered, as often as it is tried. */
export function unanswered({ connectTimeoutMs }: Cluster, address: string): HttpReply {
  const reply = failure("URX,UF", "upstream_reset_before_response_started{connection_timeout}", {
    body: `${RESET}reset reason: connection timeout`,
    elapsedMs: connectTimeoutMs * CONNECT_RETRIES,
  });
  return { ...reply, upstreamHost: address };
}

/** 503 after the connection could not be made and was tried again. */
export function connectFailure(reason: string, address: string, elapsedMs: number): HttpReply {
  const body = `${RESET}retried and the latest reset reason: remote connection failure, transport failure reason: ${reason.replaceAll("_", " ")}`;
  const reply = failure("URX,UF", `${CONNECTION_FAILURE}${reason}}`, { body, elapsedMs });
  return { ...reply, transportFailure: reason, upstreamHost: address };
}

/** 503: the connection was made and closed without an answer. */
export function terminated(address: string): HttpReply {
  const reply = failure("UC", "upstream_reset_before_response_started{connection_termination}", {
    body: `${RESET}reset reason: connection termination`,
    elapsedMs: 2,
  });
  return { ...reply, upstreamHost: address, connected: true };
}

function protocolError(address: string): HttpReply {
  const reply = failure("UPE", "upstream_reset_before_response_started{protocol_error}", {
    body: `${RESET}reset reason: protocol error`,
    elapsedMs: 3,
  });
  return { ...reply, status: 502, upstreamHost: address, connected: true };
}
