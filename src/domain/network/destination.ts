import { isIPv6 } from "node:net";
import { type Destination, endpoint } from "../grant.ts";
import { isRefusal, type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";
import {
  atPort,
  type DestinationQuestion,
  exceptionAt,
  hostAlone,
  leavesOut,
  type LeftOut,
  otherScheme,
  withoutPort,
} from "./destination-question.ts";
import { parseHostOrWildcard } from "./host.ts";
import { schemeNamed } from "./schemes.ts";
import { SCHEME_PORTS, WELL_KNOWN_PORTS } from "./well-known-ports.ts";

/** A destination that may be asked for somewhere; whether its host lies inside a cluster is judged when that is known. */
export interface TypedDestination {
  readonly outcome: "destination";
  readonly destination: Destination;
  /** The host as it was typed; differs in case, or for an internationalised name. */
  readonly typedHost: string;
}

/** Ports the sidecar keeps for itself. https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio */
const SIDECAR_PORTS = { first: 15_000, last: 15_099 };

/**
 * `host:443`, `https://host`, `http://host:8080`, `tls://host:9093` → host, port and mode. A scheme's own port may be left
 * out. Where the text leaves open which of several is meant, a question; where none can be meant, a refusal. No answer
 * repeats a path, a query or a user name: they hold secrets. Never throws.
 */
export function parseDestination(text: string): TypedDestination | DestinationQuestion | Refusal {
  const parts = partsOf(text);
  const { scheme, tail } = parts;
  const authority = parts.authority.slice(parts.authority.lastIndexOf("@") + 1);
  const { host: typedHost, port: typedPort } = splitPort(authority);
  if (typedHost === "")
    return refuse("HostMissing", {
      what: "nothing was requested",
      why: "there is no host in it",
      fix: EXAMPLE,
    });
  const found = parseHostOrWildcard(typedHost, { clusterDomains: [] });
  if (isRefusal(found)) return found;
  const { host } = found;
  const port = typedPort === undefined ? undefined : parsePort(host, typedPort, tail);
  if (typeof port === "object") return port;
  const leftOut = authority === parts.authority ? leftOutOf(tail) : "UserInfo";
  if (leftOut !== undefined) return withoutIt(leftOut, { scheme, host, port });
  const read = scheme === undefined ? bare(host, port) : withScheme({ scheme, host, port });
  return "outcome" in read ? read : { outcome: "destination", destination: read, typedHost };
}

function leftOutOf(tail: string): LeftOut | undefined {
  if (tail === "" || tail === "/") return undefined;
  if (tail.includes("\\")) return "Backslash";
  return /[?#]/.test(tail) ? "QueryOrFragment" : "Path";
}

/** Asks about the same without what a grant does not have; a bare host is taken for the web's. */
function withoutIt(leftOut: LeftOut, { scheme, host, port }: Typed): DestinationQuestion | Refusal {
  const kept = port === undefined && scheme === undefined ? "https" : scheme;
  const plain = `${kept === undefined ? "" : `${kept}://`}${host}${port === undefined ? "" : `:${port}`}`;
  const found = parseDestination(plain);
  return found.outcome === "destination" ? leavesOut(leftOut, plain) : found;
}

/** The ways to write it that are accepted. */
function optionsOf(plain: string): readonly string[] {
  const found = parseDestination(plain);
  if (isRefusal(found)) return [];
  return found.outcome === "destination" ? [plain] : found.options;
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

function no(subject: string, reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: `egress to ${subject} was not requested`, why, fix });
}

/** The last colon parts the port, but not within an IPv6 literal (which `parseHost` refuses as such). */
function splitPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const bracketed = /^(\[[^\]]*\])(?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1] ?? "", port: bracketed[2] };
  const colon = text.lastIndexOf(":");
  if (colon === -1 || isIPv6(text)) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parsePort(host: string, typed: string, tail: string): number | Refusal {
  const port = /^\d{1,5}$/.test(typed) ? Number(typed) : Number.NaN;
  if (Number.isNaN(port) || port < 1 || port > 65_535) {
    return no(
      host,
      "PortInvalid",
      // With an @ further on it may be the beginning of a password.
      `${tail.includes("@") ? "it" : `"${typed.slice(0, 20)}"`} is not a port: ports are numbers from 1 to 65535`,
      EXAMPLE,
    );
  }
  if (port >= SIDECAR_PORTS.first && port <= SIDECAR_PORTS.last) {
    return no(
      `${host}:${port}`,
      "SidecarPort",
      `ports ${SIDECAR_PORTS.first} to ${SIDECAR_PORTS.last} are the sidecar's own: traffic to them never leaves the pod as asked`,
      "use another port of that service",
    );
  }
  return port;
}

/** As one writes it, with its terms; read again, it is the same. */
export function writeDestination(destination: Destination): string {
  const { host, port, mode, via, paths, methods } = destination;
  const words = [
    mode === "originate"
      ? `http://${host} originate${port === 443 ? "" : ` ${port}`}`
      : writePlain({ host, port, mode }),
    ...(via === undefined ? [] : [`via ${via}`]),
    ...(paths === undefined ? [] : [`paths ${paths.join(",")}`]),
    ...(methods === undefined ? [] : [`methods ${methods.join(",")}`]),
  ];
  return words.join(" ");
}

function writePlain({ host, port, mode }: Destination): string {
  if (mode === "http" && port === 80) return `http://${host}`;
  const read = bare(host, port);
  return "outcome" in read || read.mode !== mode
    ? `${mode}://${host}:${port}`
    : endpoint({ host, port });
}

interface Typed {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
}

function withScheme({
  scheme,
  host,
  port,
}: Typed & { readonly scheme: string }): Destination | DestinationQuestion {
  const known = schemeNamed(scheme);
  if (known === undefined) {
    const number = port ?? SCHEME_PORTS.get(scheme);
    return otherScheme(scheme, { host, port: number }, optionsOf(endpointOf(host, number)));
  }
  const number = port ?? known.port;
  if (number === undefined) return withoutPort(scheme, host);
  const exception = scheme === "https" ? exceptionAt(host, number) : undefined;
  return exception ?? { host, port: number, mode: known.mode };
}

function bare(host: string, port: number | undefined): Destination | DestinationQuestion {
  if (port === undefined) return hostAlone(host, optionsOf(`${host}:443`));
  const mode = WELL_KNOWN_PORTS.get(port)?.mode;
  if (mode !== "http" && mode !== "tls" && mode !== "tcp") return atPort(host, port);
  return exceptionAt(host, port) ?? { host, port, mode };
}

function endpointOf(host: string, port: number | undefined): string {
  return port === undefined ? host : `${host}:${port}`;
}
