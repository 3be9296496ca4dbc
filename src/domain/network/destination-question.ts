import type { RefusalReason } from "../refusal-reasons.ts";
import { schemeNamed } from "./schemes.ts";
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
  /** What does not work yet, and may be what is wanted. */
  readonly later?: string;
  /** How that will be written. */
  readonly laterOption?: string;
}

const HANDSHAKE = "if the connection begins with a TLS handshake that names the host";
const TCP_LATER = "mode tcp comes in a later version";

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
    reason: "PathLater",
    why: "a grant covers every path; limits on paths come in a later version",
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
      why: `port ${port} does not say which protocol: TLS or plain HTTP`,
      options: supported(["tls", "http", "tcp"], subject),
    });
  if (known.mode === "tcp") return tcpLater(host, port);
  if (known.mode === "udp")
    return question("UdpOnly", subject, {
      why: `port ${port} is ${known.service}, which is UDP, and a grant is for TCP`,
      options: [...tlsPortOf(host, port), `tls://${subject}`],
      likely: false,
      condition: HANDSHAKE,
    });
  const schemes = known.schemes ?? [];
  const options = supported(schemes, subject);
  const isTcp = schemes.includes("tcp");
  return question("SchemeMissing", subject, {
    why: isTcp
      ? `${known.service} on port ${port} is spoken over TLS or in the clear`
      : `${known.service} on port ${port} is spoken over HTTPS or plain HTTP`,
    options,
    ...(options.length < schemes.length
      ? { later: `in the clear it is mode tcp, and ${TCP_LATER}`, laterOption: `tcp://${subject}` }
      : {}),
  });
}

/** Plain TCP, by the port or because it was said. */
export function tcpLater(host: string, port: number | undefined): DestinationQuestion {
  const known = port === undefined ? undefined : WELL_KNOWN_PORTS.get(port);
  const subject = port === undefined ? host : `${host}:${port}`;
  return question("TcpLater", subject, {
    why: `${known?.mode === "tcp" ? `${known.service} is plain TCP, and ` : ""}mode tcp is not supported yet`,
    options: [...(port === undefined ? [] : tlsPortOf(host, port)), `tls://${host}:${port ?? 443}`],
    likely: false,
    condition: HANDSHAKE,
    later: TCP_LATER,
  });
}

/** A host that is known to speak something else there. */
export function exceptionAt(host: string, port: number): DestinationQuestion | undefined {
  const known = PORT_EXCEPTIONS.get(`${host}:${port}`);
  if (known === undefined) return undefined;
  return question("PortException", `${host}:${port}`, {
    why: `${host} speaks ${known.service} on port ${port}, not TLS, and ${TCP_LATER}`,
    options: [known.instead],
    condition: "if the same over HTTPS will do",
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
    why: `"${scheme.slice(0, 20)}" is not one of http, https, tls`,
    options,
    likely: SCHEME_PORTS.has(scheme) && mode !== "tcp",
    condition: HANDSHAKE,
  });
}

function supported(schemes: readonly string[], subject: string): readonly string[] {
  return schemes
    .filter((scheme) => schemeNamed(scheme) !== undefined)
    .map((scheme) => `${scheme}://${subject}`);
}

function tlsPortOf(host: string, port: number): readonly string[] {
  const tlsPort = WELL_KNOWN_PORTS.get(port)?.tlsPort;
  return tlsPort === undefined ? [] : [`${host}:${tlsPort}`];
}

type Rest = Pick<DestinationQuestion, "why" | "options"> &
  Partial<Pick<DestinationQuestion, "likely" | "condition" | "later" | "laterOption">>;

function question(reason: RefusalReason, subject: string, rest: Rest): DestinationQuestion {
  return { outcome: "question", reason, subject, likely: true, condition: "", ...rest };
}
