import type { Scene } from "./scene.ts";

import type { Conversation } from "./conversation.ts";
import type { HttpReply } from "./upstream.ts";
import type { Attempt, CurlResult, Outcome } from "./world.ts";

const TLS_SETUP_MS = 8;

/** What a client reports of an answer from an HTTP proxy or server. */
export function curlOfReply(scene: Scene, reply: HttpReply): CurlResult {
  return {
    ...start(scene),
    exitCode: 0,
    httpStatus: reply.status,
    ...(reply.redirectUrl === undefined ? {} : { redirectUrl: reply.redirectUrl }),
    body: scene.attempt.method === "HEAD" ? "" : reply.body,
    bytes: scene.attempt.method === "HEAD" ? 0 : reply.bytes,
    errorMessage: "",
  };
}

/** What a client reports of a conversation with the far end itself. */
export function curlOfConversation(scene: Scene, conversation: Conversation): CurlResult {
  const { exitCode, errorMessage, body, httpStatus, redirectUrl } = conversation;
  const hasTls = scene.attempt.kind === "tls" && exitCode === 0;
  return {
    ...start(scene),
    exitCode,
    errorMessage,
    body,
    bytes: body.length,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
    timeAppConnectMs: hasTls ? TLS_SETUP_MS : 0,
  };
}

/** The connection was accepted and closed: by a sidecar, always the first thing a client meets. */
export function curlOfClosed(scene: Scene): CurlResult {
  const { kind, host, port } = scene.attempt;
  switch (kind) {
    case "tls":
      return failed(
        scene,
        35,
        `OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to ${host}:${port} `,
      );
    case "http":
      return failed(scene, 56, "Recv failure: Connection reset by peer");
    case "tcp":
      return failed(scene, 0, "");
    default:
      return kind satisfies never;
  }
}

export function failed(scene: Scene, exitCode: number, errorMessage: string): CurlResult {
  return { ...start(scene), exitCode, errorMessage, body: "", bytes: 0 };
}

/** No connection was made at all. */
export function unconnected(attempt: Attempt, exitCode: number, errorMessage: string): CurlResult {
  return {
    exitCode,
    errorMessage,
    body: "",
    bytes: 0,
    timeConnectMs: 0,
    timeAppConnectMs: 0,
    localIp: "",
    localPort: 0,
    remoteIp: attempt.address ?? "",
  };
}

/** Cuts an outcome at the client's own limit, `--max-time`: exit code 28. */
export function withinLimit(outcome: Outcome, attempt: Attempt): Outcome {
  const limit = attempt.maxTimeMs;
  if (limit === undefined || outcome.elapsedMs <= limit) return outcome;
  return {
    ...outcome,
    elapsedMs: limit,
    curl: {
      ...outcome.curl,
      exitCode: 28,
      body: "",
      bytes: 0,
      timeAppConnectMs: 0,
      httpStatus: 0,
      errorMessage: `Operation timed out after ${limit} milliseconds with 0 bytes received`,
    },
  };
}

/** Bytes of a client's first flight, which a proxy reads before it closes. */
export function firstFlight(attempt: Attempt): number {
  return attempt.kind === "tls" ? 517 : 0;
}

function start(
  scene: Scene,
): Pick<CurlResult, "timeConnectMs" | "timeAppConnectMs" | "localIp" | "localPort" | "remoteIp"> {
  return {
    timeConnectMs: 1,
    timeAppConnectMs: 0,
    localIp: scene.attempt.client.ip,
    localPort: scene.ports.application,
    remoteIp: scene.address,
  };
}
