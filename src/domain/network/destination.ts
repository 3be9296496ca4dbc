import { isIPv6 } from "node:net";
import type { Destination, Mode } from "../grant.ts";
import { parseHost } from "./host.ts";
import { isRefusal, type Refusal, refuse } from "../outcome.ts";
import { WELL_KNOWN_PORTS } from "./well-known-ports.ts";

/** A destination that may be asked for somewhere; whether its host lies inside a cluster is judged when that is known. */
export interface TypedDestination {
  readonly destination: Destination;
  /** The host as it was typed; differs in case, or for an internationalised name. */
  readonly typedHost: string;
}

const SCHEMES: Readonly<
  Record<string, { readonly mode: Mode; readonly port: number | undefined } | "later">
> = {
  http: { mode: "http", port: 80 },
  https: { mode: "tls", port: 443 },
  tls: { mode: "tls", port: undefined },
  tcp: "later",
};

/** Ports the sidecar keeps for itself. https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio */
const SIDECAR_PORTS = { first: 15_000, last: 15_099 };

/**
 * `host:443`, `https://host`, `http://host:8080`, `tls://host:9093` → host, port and mode. A scheme's own port may be left
 * out; a bare host needs a port of the table of well-known ports. Never throws.
 */
export function parseDestination(text: string): TypedDestination | Refusal {
  const parts = partsOf(text);
  const at = parts.authority.lastIndexOf("@");
  // What stands before the @ may be a password, and is not repeated.
  if (at !== -1)
    return no(parts.authority.slice(at + 1), "UserInfo", "it has a user name in it", EXAMPLE);
  const { host: typedHost, port: typedPort } = splitPort(parts.authority);
  if (typedHost === "") return no(text, "HostMissing", "there is no host in it", EXAMPLE);
  const host = parseHost(typedHost, { clusterDomains: [] });
  if (isRefusal(host)) return host;
  const tail = tailProblem(text, parts);
  if (tail !== undefined) return tail;
  const port = typedPort === undefined ? undefined : parsePort(text, typedPort);
  if (typeof port === "object") return port;
  const { scheme } = parts;
  const destination =
    scheme === undefined
      ? bare(text, host.host, port)
      : withScheme(text, { scheme, host: host.host, port });
  return isRefusal(destination) ? destination : { destination, typedHost };
}

interface Parts {
  readonly scheme: string | undefined;
  readonly authority: string;
  /** Path, query and fragment, with what begins them. */
  readonly tail: string;
}

function partsOf(text: string): Parts {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  const rest = scheme === undefined ? text : text.slice(scheme.length + 3);
  const end = rest.search(/[/?#\\]/);
  if (end === -1) return { scheme, authority: rest, tail: "" };
  return { scheme, authority: rest.slice(0, end), tail: rest.slice(end) };
}

const EXAMPLE =
  "write it like `edition.cnn.com:443`, `https://edition.cnn.com` or `http://edition.cnn.com:8080`";

function no(text: string, reason: string, why: string, fix: string): Refusal {
  return refuse(reason, { what: `egress to ${text.slice(0, 120)} was not requested`, why, fix });
}

function tailProblem(text: string, { scheme, authority, tail }: Parts): Refusal | undefined {
  if (tail === "" || tail === "/") return undefined;
  const bareHost = scheme === undefined && !authority.includes(":");
  const kept = scheme === undefined ? authority : `${scheme}://${authority}`;
  const fix = `leave that out: \`${bareHost ? `https://${authority}` : kept}\``;
  return /[?#]/.test(tail)
    ? no(text, "QueryOrFragment", "a grant is for a host and port, not a query or fragment", fix)
    : no(
        text,
        "PathLater",
        "a grant covers every path; limits on paths come in a later version",
        fix,
      );
}

/** The last colon parts the port, but not within an IPv6 literal (which `parseHost` refuses as such). */
function splitPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const bracketed = /^(\[[^\]]*\])(?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] };
  const colon = text.lastIndexOf(":");
  if (colon === -1 || isIPv6(text)) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parsePort(text: string, typed: string): number | Refusal {
  const port = /^\d{1,5}$/.test(typed) ? Number(typed) : Number.NaN;
  if (Number.isNaN(port) || port < 1 || port > 65_535) {
    return no(
      text,
      "PortInvalid",
      `"${typed.slice(0, 20)}" is not a port: ports are numbers from 1 to 65535`,
      EXAMPLE,
    );
  }
  if (port >= SIDECAR_PORTS.first && port <= SIDECAR_PORTS.last) {
    return no(
      text,
      "SidecarPort",
      `ports ${SIDECAR_PORTS.first} to ${SIDECAR_PORTS.last} are the sidecar's own: traffic to them never leaves the pod as asked`,
      "use another port of that service",
    );
  }
  return port;
}

function withScheme(
  text: string,
  {
    scheme,
    host,
    port,
  }: { readonly scheme: string; readonly host: string; readonly port: number | undefined },
): Destination | Refusal {
  const known = SCHEMES[scheme];
  if (known === "later") return tcpLater(text, "tcp");
  if (known === undefined)
    return no(text, "UnknownScheme", `"${scheme}" is not one of http, https, tls`, EXAMPLE);
  const number = port ?? known.port;
  if (number === undefined)
    return no(
      text,
      "PortMissing",
      `${scheme}:// has no port of its own`,
      `write it like \`${scheme}://${host}:9093\``,
    );
  return { host, port: number, mode: known.mode };
}

function bare(text: string, host: string, port: number | undefined): Destination | Refusal {
  if (port === undefined)
    return no(
      text,
      "PortMissing",
      "it has neither a port nor a scheme",
      `write \`${host}:443\` or \`http://${host}\``,
    );
  const known = WELL_KNOWN_PORTS.get(port);
  if (known === undefined) {
    return no(
      text,
      "SchemeMissing",
      `port ${port} does not say how it is spoken to`,
      `write \`tls://${host}:${port}\` or \`http://${host}:${port}\``,
    );
  }
  if (known.mode === "tcp") return tcpLater(text, known.service);
  return { host, port, mode: known.mode };
}

function tcpLater(text: string, service: string): Refusal {
  return no(
    text,
    "TcpLater",
    `${service} is plain TCP, and mode tcp is not supported yet`,
    "use the service's TLS port where it has one; mode tcp comes in a later version",
  );
}
