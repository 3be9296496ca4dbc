import { createHash } from "node:crypto";
import { canonicalJson } from "../canonical.ts";
import { endpoint, type Destination, gatewayKey, type GatewayRef, type Scope } from "../grant.ts";

/**
 * Every name the compiler gives. A name is a readable slug and 12 hex digits of the SHA-256 of the whole key, so two keys
 * never share one (`a-b.com` and `a.b.com` have one slug), and it is a DNS label of at most 63 characters.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
 */

const LABEL_LIMIT = 63;
const HASH_LENGTH = 12;

/** Under this suffix nothing exists outside the mesh. */
const INTERNAL = "egress.internal";

function hash(...key: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, HASH_LENGTH);
}

function label(slug: string, ...key: readonly string[]): string {
  const room = LABEL_LIMIT - HASH_LENGTH - 1;
  const readable = slug
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, room)
    .replaceAll(/-+$/g, "");
  return `${readable === "" ? "x" : readable}-${hash(...key)}`;
}

/** Who and where to: everything on the team's side, and a tunnel, is keyed by it. */
export interface Door {
  readonly namespace: string;
  readonly destination: Destination;
}

/** Identifies a door within its gateway; also the name of its tunnel's Gateway and VirtualService. */
export function doorId({ namespace, destination }: Door): string {
  return label(endpoint(destination), "door", ...doorKey(namespace, destination));
}

/** The door's name on the wire: SNI of its tunnel, value of `x-egress-grant` for HTTP. */
export function doorName(door: Door): string {
  return `${doorId(door)}.${doorDomain(door.namespace)}`;
}

/** Every door of a namespace lies below this. */
export function doorDomain(namespace: string): string {
  return `${namespace}.ns.${INTERNAL}`;
}

/** The DestinationRule subset through which the team's side reaches a tunnel. */
export function tunnelSubset(door: Door): string {
  return `t-${hash("door", ...doorKey(door.namespace, door.destination))}`;
}

export function tunnelPortName(door: Door): string {
  return `tls-${hash("door", ...doorKey(door.namespace, door.destination))}`;
}

/** One way through an HTTP door: its scope and limits. Name of the route's VirtualService. */
export function routeId(door: Door, scope: Scope): string {
  return `r-${routeHash(door, scope)}-${hash("door", ...doorKey(door.namespace, door.destination))}`;
}

/** `route_name` in the gateway's access log: what proves that a request passed by this route. */
export function routeName(door: Door, scope: Scope): string {
  return `r-${routeHash(door, scope)}.${doorName(door)}`;
}

function routeHash({ namespace, destination }: Door, scope: Scope): string {
  const { paths, methods } = destination;
  const isLimited = paths !== undefined || methods !== undefined;
  // No account is called like this: its name is a DNS name.
  const limits = isLimited ? [canonicalJson({ paths, methods })] : [];
  return hash("route", ...doorKey(namespace, destination), ...scope.serviceAccounts, ...limits);
}

function doorKey(namespace: string, { host, port, mode }: Destination): readonly string[] {
  return [namespace, host, String(port), mode];
}

/** What a gateway connects to, and how it speaks there: bytes as they come, HTTP, or HTTP over TLS of its own. */
export interface Upstream {
  /** A DNS name. */
  readonly address: string;
  readonly port: number;
  readonly class: "tcp" | "http" | "https";
}

/** One for each gateway: several in one namespace may reach the same destination, each by objects of its own. */
export function upstreamId(gateway: GatewayRef, upstream: Upstream): string {
  const { address, port } = upstream;
  const key = [gatewayKey(gateway), address, String(port), upstream.class];
  return label(`${address}-${port}-${upstream.class}`, "upstream", ...key);
}

/** A host that exists only for the gateway, so that several classes of one real host and port stay apart. */
export function upstreamHost(gateway: GatewayRef, upstream: Upstream): string {
  return `${upstreamId(gateway, upstream)}.upstream.${INTERNAL}`;
}

/** ServiceEntry and VirtualService of one host in a team's namespace. */
export function clientName(host: string): string {
  return label(`egress-${host}`, "client", host);
}

/** A namespace's DestinationRule for a gateway. */
export function clientRuleName(gateway: GatewayRef): string {
  return label(`egress-${gateway.name}`, "client-rule", gatewayKey(gateway));
}

export function namespacePolicyName(gateway: GatewayRef, namespace: string): string {
  return label(`scope-${namespace}`, "namespace-policy", gatewayKey(gateway), namespace);
}

/** The gateway's own objects: once per gateway. Gateway names have at most 53 characters. */
export function httpGatewayName(gateway: GatewayRef): string {
  return `${gateway.name}-http`;
}

export function denyPolicyName(gateway: GatewayRef): string {
  return label(`${gateway.name}-deny-by-default`, "deny-policy", gatewayKey(gateway));
}

export function accessLogName(gateway: GatewayRef): string {
  return label(`${gateway.name}-access-log`, "access-log", gatewayKey(gateway));
}

/** The Telemetry that turns a probe pod's own log on. */
export const PROBE_TELEMETRY = "sallyport-probe-access-log";

/** SNI of every HTTP-class connection from a sidecar to the gateway. */
export const HTTP_SNI = `http.${INTERNAL}`;

/** The header that names the door of an HTTP request; set by the sidecar, removed by the gateway. */
export const GRANT_HEADER = "x-egress-grant";

/** Istio's own provider of access logs, and the one that a mesh configuration may have for Sallyport alone. */
export const ISTIO_LOG_PROVIDER = "envoy";
export const OWN_LOG_PROVIDER = "sallyport";
export type LogProvider = typeof ISTIO_LOG_PROVIDER | typeof OWN_LOG_PROVIDER;
