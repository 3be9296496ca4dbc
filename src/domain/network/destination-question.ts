import type { RefusalReason } from "../refusal-reasons.ts";
import { PORT_EXCEPTIONS, SCHEME_PORTS, WELL_KNOWN_PORTS } from "./well-known-ports.ts";

/** What was typed leaves open which destination is meant; each option is one that is accepted as it is written. */
export interface DestinationQuestion {
  readonly outcome: "question";
  /** CamelCase and stable, like a refusal's. */
  readonly reason: RefusalReason;
  /** What was asked for, without path, query and user name. */
  readonly subject: string;
  readonly why: string;
  /** The likeliest first; never empty. */
  readonly options: readonly string[];
  /** Whether one of them is probably meant. If not, it is a "no", and they are ways out of it. */
  readonly likely: boolean;
  /** Says when the options are right: `if the connection begins with a TLS handshake`. */
  readonly condition: string;
}

const HANDSHAKE = "if the connection begins with a TLS handshake that names the host";

/** Neither port nor scheme. */
export function hostAlone(host: string, overTls: readonly string[]): DestinationQuestion {
  return question("PortMissing", host, {
    why: "it has neither a port nor a scheme",
    options: [...overTls, `http://${host}`],
  });
}

/** A scheme that has no port of its own. */
export function withoutPort(scheme: string, host: string): DestinationQuestion {
  return question("PortMissing", `${scheme}://${host}`, {
    why: `${scheme}:// has no port of its own`,
    options: [`${scheme}://${host}:443`],
  });
}

/** What a URL has and a grant has not. A user name and a backslash are ways to make one host look like another. */
export type LeftOut = "UserInfo" | "QueryOrFragment" | "Path" | "Backslash";

const LEFT_OUT: Readonly<
  Record<
    LeftOut,
    { readonly reason: RefusalReason; readonly why: string; readonly likely: boolean }
  >
> = {
  UserInfo: {
    reason: "UserInfo",
    why: "it has a user name in it, and a grant has none",
    likely: false,
  },
  Backslash: { reason: "Backslash", why: "it has a backslash in it", likely: false },
  QueryOrFragment: {
    reason: "QueryOrFragment",
    why: "a grant is for a host and port, not a query or fragment",
    likely: true,
  },
  Path: {
    reason: "PathLeftOut",
    why: "a grant covers every path; of plain HTTP it can be limited, with `paths /v1/*`",
    likely: true,
  },
};

/** `plain`: the same without it, which is accepted. */
export function leavesOut(leftOut: LeftOut, plain: string): DestinationQuestion {
  const { reason, why, likely } = LEFT_OUT[leftOut];
  return question(reason, plain, {
    why,
    options: [plain],
    likely,
    condition: "if that host is meant",
  });
}

/** A port that is no mode's own. */
export function atPort(host: string, port: number): DestinationQuestion {
  const subject = `${host}:${port}`;
  const known = WELL_KNOWN_PORTS.get(port);
  if (known === undefined)
    return question("SchemeMissing", subject, {
      why: `port ${port} does not say which protocol: TLS, plain HTTP or plain TCP`,
      options: written(["tls", "http", "tcp"], subject),
    });
  if (known.mode === "udp")
    return question("UdpOnly", subject, {
      why: `port ${port} is ${known.service}, which is UDP, and a grant is for TCP`,
      options: [...tlsPortOf(host, port), `tls://${subject}`],
      likely: false,
      condition: HANDSHAKE,
    });
  const schemes = known.schemes ?? [];
  const isTcp = schemes.includes("tcp");
  return question("SchemeMissing", subject, {
    why: isTcp
      ? `${known.service} on port ${port} is spoken over TLS or in the clear`
      : `${known.service} on port ${port} is spoken over HTTPS or plain HTTP`,
    options: written(schemes, subject),
  });
}

/** A host that is known to speak something else there. */
export function exceptionAt(host: string, port: number): DestinationQuestion | undefined {
  const known = PORT_EXCEPTIONS.get(`${host}:${port}`);
  if (known === undefined) return undefined;
  return question("PortException", `${host}:${port}`, {
    why: `${host} speaks ${known.service} on port ${port}, not TLS`,
    options: [`tcp://${host}:${port}`, known.instead],
  });
}

/** `amqps://`, `redis://` and the like say a protocol, and with it a port. */
export function otherScheme(
  scheme: string,
  { host, port }: { readonly host: string; readonly port: number | undefined },
  options: readonly string[],
): DestinationQuestion {
  const mode = port === undefined ? undefined : WELL_KNOWN_PORTS.get(port)?.mode;
  return question("UnknownScheme", port === undefined ? host : `${host}:${port}`, {
    why: `"${scheme.slice(0, 20)}" is not one of the schemes that say how a connection begins, like https, http, tls or tcp`,
    options,
    likely: SCHEME_PORTS.has(scheme) && mode !== "tcp",
    condition: HANDSHAKE,
  });
}

function written(schemes: readonly string[], subject: string): readonly string[] {
  return schemes.map((scheme) => `${scheme}://${subject}`);
}

function tlsPortOf(host: string, port: number): readonly string[] {
  const tlsPort = WELL_KNOWN_PORTS.get(port)?.tlsPort;
  return tlsPort === undefined ? [] : [`${host}:${tlsPort}`];
}

type Rest = Pick<DestinationQuestion, "why" | "options"> &
  Partial<Pick<DestinationQuestion, "likely" | "condition">>;

function question(reason: RefusalReason, subject: string, rest: Rest): DestinationQuestion {
  return { outcome: "question", reason, subject, likely: true, condition: "", ...rest };
}
