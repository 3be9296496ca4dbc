import { certificateCovers } from "./host-match.ts";
import { bodyOf, redirectOf, statusOf } from "./upstream.ts";
import type { Attempt, External } from "./world.ts";

/** What a client's own bytes meet at the far end of an unread connection. */
export interface Conversation {
  readonly exitCode: number;
  readonly errorMessage: string;
  readonly httpStatus?: number;
  readonly redirectUrl?: string;
  readonly body: string;
  readonly sent: number;
  readonly received: number;
}

/** A client speaking `attempt.kind` with a server over a transparent connection. */
export function converse(external: External, attempt: Attempt, source: string): Conversation {
  const body = bodyOf(external, source);
  const status = statusOf(external);
  const pair = `${attempt.kind}-${external.kind}` as const;
  switch (pair) {
    case "tls-tls":
      return overTls(external, attempt, source);
    case "tls-http":
    case "tls-tcp":
      return {
        exitCode: 35,
        errorMessage: "error:0A00010B:SSL routines::wrong version number",
        body: "",
        sent: 517,
        received: 28,
      };
    case "http-http":
      return {
        exitCode: 0,
        errorMessage: "",
        httpStatus: status,
        ...redirectOf(external),
        body,
        sent: 85,
        received: 150 + body.length,
      };
    case "http-tls":
    case "http-tcp":
      return {
        exitCode: 1,
        errorMessage: "Received HTTP/0.9 when not allowed",
        body: "",
        sent: 85,
        received: 7,
      };
    case "tcp-tcp":
      return overBytes(external, attempt, body);
    case "tcp-http": {
      const refusal = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
      return { exitCode: 0, errorMessage: "", body: refusal, sent: 6, received: refusal.length };
    }
    case "tcp-tls":
      return { exitCode: 0, errorMessage: "", body: "alert.\n", sent: 6, received: 7 };
    default:
      return pair satisfies never;
  }
}

/** A server that waits for other words than these says nothing, and the client gives up. */
function overBytes(
  { waitsFor = "" }: External,
  { says = "hello\n" }: Attempt,
  body: string,
): Conversation {
  const isUnderstood = says.startsWith(waitsFor);
  return {
    exitCode: isUnderstood ? 0 : 28,
    errorMessage: isUnderstood ? "" : "Time-out",
    body: isUnderstood ? body : "",
    sent: says.length,
    received: isUnderstood ? body.length : 0,
  };
}

function overTls(external: External, attempt: Attempt, source: string): Conversation {
  const names = external.certificate ?? [external.host];
  if (attempt.insecure !== true && !certificateCovers(names, attempt.host)) {
    return {
      exitCode: 60,
      errorMessage: `SSL: no alternative certificate subject name matches target host name '${attempt.host}'`,
      body: "",
      sent: 524,
      received: 1342,
    };
  }
  const body = bodyOf(external, source);
  return {
    exitCode: 0,
    errorMessage: "",
    httpStatus: external.status ?? 200,
    body,
    sent: 709 + attempt.host.length,
    received: 1660 + body.length,
  };
}
