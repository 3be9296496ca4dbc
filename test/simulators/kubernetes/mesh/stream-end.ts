import type { LogEntry } from "./access-log.ts";
import { firstFlight } from "./curl-result.ts";
import type { Scene } from "./scene.ts";
import { converse } from "./conversation.ts";
import type { Conversation } from "./conversation.ts";
import type { Reached } from "./upstream.ts";
import type { GatewayLine } from "./world.ts";

/** How one proxy's upstream connection ended; without a conversation the client's bytes reached nobody. */
export interface StreamEnd {
  readonly flags?: string;
  readonly terminationDetails?: string;
  readonly transportFailure?: string;
  readonly upstreamHost?: string;
  readonly connected: boolean;
  readonly sent: number;
  readonly received: number;
  readonly elapsedMs: number;
  readonly conversation?: Conversation;
  readonly sourceAddress?: string;
  readonly gatewayLines?: readonly GatewayLine[];
}

export const REFUSED = "delayed_connect_error:_Connection_refused";

/** An upstream connection to what was reached, from `source`; given up after `timeoutMs`. */
export function overConnection(
  scene: Scene,
  reached: Reached,
  at: { readonly source: string; readonly timeoutMs: number },
): StreamEnd {
  switch (reached.kind) {
    case "no-address":
      return closedAtOnce("UH");
    case "refused":
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost: reached.address,
        transportFailure: REFUSED,
      };
    case "silent":
      return {
        ...closedAtOnce("UF,URX"),
        upstreamHost: reached.address,
        elapsedMs: at.timeoutMs + 3,
      };
    case "closed":
      return {
        connected: true,
        upstreamHost: reached.address,
        sent: firstFlight(scene.attempt),
        received: 0,
        elapsedMs: 2,
        sourceAddress: at.source,
      };
    case "connected": {
      const conversation = converse(reached.external, scene.attempt, at.source);
      return {
        connected: true,
        upstreamHost: reached.address,
        sent: conversation.sent,
        received: conversation.received,
        elapsedMs: scene.attempt.kind === "tls" ? 7 : 3,
        conversation,
        sourceAddress: at.source,
      };
    }
    default:
      return reached satisfies never;
  }
}

/** A connection closed before anything was connected upstream. */
export function closedAtOnce(flags: string): StreamEnd {
  return { flags, connected: false, sent: 0, received: 0, elapsedMs: 1 };
}

/** The fields a proxy logs of it. */
export function streamEntry(
  end: StreamEnd,
): Omit<LogEntry, "startTime" | "downstreamLocal" | "downstreamRemote"> {
  return {
    responseCode: 0,
    ...(end.flags === undefined ? {} : { flags: end.flags }),
    ...(end.terminationDetails === undefined ? {} : { terminationDetails: end.terminationDetails }),
    ...(end.transportFailure === undefined ? {} : { transportFailure: end.transportFailure }),
    bytesReceived: end.sent,
    bytesSent: end.received,
    durationMs: end.elapsedMs,
    ...(end.upstreamHost === undefined ? {} : { upstreamHost: end.upstreamHost }),
  };
}
