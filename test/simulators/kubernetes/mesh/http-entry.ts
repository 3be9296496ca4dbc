import type { LogEntry } from "./access-log.ts";
import type { Carried } from "./app-protocols.ts";
import type { HttpRequest } from "./route-match.ts";
import type { Scene } from "./scene.ts";
import type { Pod } from "./workload-schema.ts";
import type { HttpReply } from "./upstream.ts";

const GAVE_UP = {
  responseCode: 0,
  flags: "DC",
  details: "downstream_remote_disconnect",
  bytesSent: 0,
};

/** The fields both proxies log alike; a client that gives up first makes it `DC`. */
export function httpEntry(
  scene: Scene,
  request: HttpRequest,
  reply: HttpReply,
  carried: Carried,
): Omit<LogEntry, "downstreamLocal" | "downstreamRemote"> {
  const userAgent = request.headers["user-agent"];
  return {
    startTime: scene.start,
    method: request.method,
    path: scene.attempt.path ?? "/",
    protocol: scene.attempt.httpVersion === "1.0" ? "HTTP/1.0" : carried,
    bytesReceived: 0,
    ...(userAgent === undefined ? {} : { userAgent }),
    authority: request.authority,
    ...(reply.upstreamHost === undefined ? {} : { upstreamHost: reply.upstreamHost }),
    ...(reply.elapsedMs > (scene.attempt.maxTimeMs ?? Infinity)
      ? { ...GAVE_UP, durationMs: scene.attempt.maxTimeMs ?? 0 }
      : responseFields(reply)),
  };
}

function responseFields(
  reply: HttpReply,
): Pick<LogEntry, "responseCode" | "bytesSent" | "durationMs" | "details"> {
  const { flags, transportFailure, details, elapsedMs } = reply;
  return {
    responseCode: reply.status,
    ...(flags === undefined ? {} : { flags }),
    details,
    ...(transportFailure === undefined ? {} : { transportFailure }),
    bytesSent: reply.bytes,
    durationMs: elapsedMs,
    ...(details === "via_upstream" ? { serviceTimeMs: Math.max(0, elapsedMs - 1) } : {}),
  };
}

/** A gateway's listener closed a connection it has no filter chain for. */
export function noChainEntry(
  scene: Scene,
  pod: Pod,
  at: { readonly port: number; readonly sni: string | undefined },
): LogEntry {
  return {
    startTime: new Date(scene.start.getTime() + 2),
    responseCode: 0,
    flags: "NR",
    details: "filter_chain_not_found",
    bytesReceived: 0,
    bytesSent: 0,
    durationMs: 0,
    downstreamLocal: `${pod.status.podIP}:${at.port}`,
    downstreamRemote: `${scene.attempt.client.ip}:${scene.ports.sidecar}`,
    ...(at.sni === undefined ? {} : { sni: at.sni }),
  };
}

/**
 * A plain HTTP listener got the first bytes of a TLS handshake.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/response_code_details
 */
export function notHttpEntry(scene: Scene, pod: Pod, at: { readonly port: number }): LogEntry {
  return {
    startTime: new Date(scene.start.getTime() + 2),
    protocol: "HTTP/1.1",
    responseCode: 400,
    flags: "DPE",
    details: "http1.codec_error",
    bytesReceived: 0,
    bytesSent: 11,
    durationMs: 0,
    downstreamLocal: `${pod.status.podIP}:${at.port}`,
    downstreamRemote: `${scene.attempt.client.ip}:${scene.ports.sidecar}`,
  };
}

/** An HTTP/2 connection brought what it may not: read in a gateway's log. */
export function badHeaderEntry(
  scene: Scene,
  pod: Pod,
  at: { readonly port: number; readonly sni: string | undefined },
): LogEntry {
  return {
    ...notHttpEntry(scene, pod, at),
    protocol: "HTTP/2",
    responseCode: 0,
    details: "http2.invalid.header.field",
    bytesSent: 0,
    ...(at.sni === undefined ? {} : { sni: at.sni }),
  };
}

/** What a sidecar logs where its TLS was answered in plain text. */
export const NOT_TLS =
  "TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end";
