import type { Destination, Mode } from "../../grant.ts";
import type { AccessLogLine } from "../log/access-log.ts";
import type { ProbeTry } from "./probe-output.ts";
import type { Trace } from "../trace.ts";

/**
 * How a destination is spoken to otherwise than it was asked for, as far as a probe sees it. `no-tls`: what answered a TLS
 * handshake is none. `tls`: a server that closes, or calls a bad request, what is not TLS. `redirects`: it answers, and
 * sends to the same host over TLS. `waits`: it took a connection, and says nothing before its client does.
 */
export const GUESS_KINDS = ["no-tls", "tls", "redirects", "waits"] as const;
export type GuessKind = (typeof GUESS_KINDS)[number];

export interface WrongGuess {
  readonly kind: GuessKind;
  /** What may be asked for in its place, the likelier first; never empty. */
  readonly instead: readonly Destination[];
}

/** What OpenSSL says of an answer that is no TLS. */
export const SPEAKS_NO_TLS = /wrong version number|unknown protocol|packet length too long/iu;

interface Entry {
  readonly mode: Mode;
  readonly kind: GuessKind;
  readonly shows: (tried: ProbeTry, line: AccessLogLine) => boolean;
  /** Modes of the same port; over TLS at 443 for what redirects there. */
  readonly instead: readonly Mode[];
}

/** Of what the gateway's own log shows of the probe's connection, and of the probe's words only beside it. */
const TABLE: readonly Entry[] = [
  {
    mode: "tls",
    kind: "no-tls",
    shows: ({ error, appconnect }, line) =>
      appconnect === 0 && line.bytesSent > 0 && SPEAKS_NO_TLS.test(error),
    instead: ["http", "tcp"],
  },
  {
    mode: "originate",
    kind: "no-tls",
    shows: (_, line) =>
      `${line.responseCodeDetails ?? ""} ${line.upstreamTransportFailureReason ?? ""}`.includes(
        "WRONG_VERSION_NUMBER",
      ),
    instead: ["http"],
  },
  {
    mode: "http",
    kind: "redirects",
    shows: ({ redirect }, line) => redirect === "https" && isAnswered(line),
    instead: ["tls"],
  },
  {
    mode: "http",
    kind: "tls",
    shows: (_, line) =>
      line.responseFlags.split(",").includes("UC") ||
      (isAnswered(line) && line.responseCode === 400),
    instead: ["tls"],
  },
  {
    mode: "tcp",
    kind: "waits",
    shows: (_, line) =>
      line.upstreamHost !== undefined &&
      line.responseFlags === "-" &&
      line.bytesReceived > 0 &&
      line.bytesSent === 0,
    instead: ["tls"],
  },
];

/** Undefined where nothing was seen of it, or the gateway's log shows nothing of the probe's connection. */
export function wrongGuess(
  destination: Destination,
  trace: Trace | undefined,
): WrongGuess | undefined {
  const line = trace?.gateway?.line;
  if (trace === undefined || line === undefined) return undefined;
  const found = TABLE.find(
    (entry) => entry.mode === destination.mode && entry.shows(trace.try, line),
  );
  if (found === undefined) return undefined;
  const modes = found.instead.filter((mode) => mode !== "tcp" || destination.via === undefined);
  return {
    kind: found.kind,
    instead: modes.map((mode) => inMode(destination, { mode, kind: found.kind })),
  };
}

/** Only HTTP that a gateway reads is limited. */
function inMode(
  { host, port, via, paths, methods }: Destination,
  { mode, kind }: { readonly mode: Mode; readonly kind: GuessKind },
): Destination {
  return {
    host,
    port: kind === "redirects" ? 443 : port,
    mode,
    ...(via === undefined ? {} : { via }),
    ...(mode === "http" && paths !== undefined ? { paths } : {}),
    ...(mode === "http" && methods !== undefined ? { methods } : {}),
  };
}

function isAnswered({ responseCodeDetails }: AccessLogLine): boolean {
  return responseCodeDetails === "via_upstream";
}
