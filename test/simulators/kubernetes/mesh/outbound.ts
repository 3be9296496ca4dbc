import type { Catalogue } from "./catalogue.ts";
import { resolveCluster, serviceEntryFor } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { matchesHost, mostSpecific, withoutPort } from "./host-match.ts";
import { matchHttpRoute, matchStreamRoute } from "./route-match.ts";
import type { HttpRequest } from "./route-match.ts";
import type { HttpMatch, HttpRoute, StreamRoute, VirtualService } from "./networking-schema.ts";
import type { Service } from "./workload-schema.ts";
import { serviceHost } from "./visibility.ts";
import type { View } from "./visibility.ts";
import { virtualAddress } from "./virtual-address.ts";
import type { Attempt, MeshWorld } from "./world.ts";

/**
 * What a sidecar does with a captured connection.
 * - `http`: a route was found; `cluster` undefined means it names one that does not exist.
 * - `stream`: TLS or bytes carried unread to a cluster.
 * - `old-http`: an HTTP listener was asked in HTTP/1.0, which it answers with 426 whatever the host.
 * - `no-route`: the host is known, its VirtualService has no route for this request (404).
 * - `unknown-http`: an HTTP listener without this host: `block_all` or `allow_any`.
 * - `unknown-stream`: no listener or filter chain: BlackHoleCluster or PassthroughCluster.
 */
export type Outbound =
  | {
      readonly kind: "http";
      readonly cluster: Cluster | undefined;
      readonly request: HttpRequest;
      readonly routeName: string;
    }
  | {
      readonly kind: "stream";
      readonly cluster: Cluster | undefined;
      readonly sni: string | undefined;
    }
  | { readonly kind: "old-http"; readonly request: HttpRequest }
  | { readonly kind: "no-route"; readonly request: HttpRequest }
  | { readonly kind: "unknown-http"; readonly request: HttpRequest }
  | { readonly kind: "unknown-stream"; readonly sni: string | undefined };

export interface OutboundScene {
  readonly catalogue: Catalogue;
  readonly world: MeshWorld;
  readonly view: View;
  readonly attempt: Attempt;
  /** The address the connection was opened to. */
  readonly address: string;
}

export function routeOutbound(scene: OutboundScene): Outbound {
  const { attempt, view } = scene;
  if (attempt.kind === "http" && hasHttpPort(view, attempt.port)) return routeHttp(scene);
  if (attempt.kind === "tls") {
    const bySni = routeTls(scene);
    if (bySni !== undefined) return bySni;
  }
  const bytes = routeTcp(scene);
  if (bytes !== undefined) return bytes;
  const sni = attempt.kind === "tls" && listensForAnyTls(scene) ? attempt.host : undefined;
  return { kind: "unknown-stream", sni };
}

function routeHttp(scene: OutboundScene): Outbound {
  const { attempt, view, catalogue } = scene;
  const { port } = attempt;
  const request = requestOf(attempt);
  if (attempt.httpVersion === "1.0") return { kind: "old-http", request };
  const host = withoutPort(request.authority).replace(/\.$/u, "");
  if (!isHttpHost(view, host, port) && !isRoutedWithoutService(view, host, port))
    return { kind: "unknown-http", request };

  const routes = httpRoutesFor(view, host, port);
  if (routes.length === 0) {
    const own = { host: clusterHost(view, host, port), port: { number: port } };
    const cluster = resolveCluster(catalogue, view, own);
    return { kind: "http", cluster, request, routeName: "default" };
  }
  const route = matchHttpRoute(routes, request, { port, gateway: "mesh" });
  const destination = route?.route[0]?.destination;
  if (route === undefined || destination === undefined) return { kind: "no-route", request };
  const cluster = resolveCluster(catalogue, view, destination);
  return { kind: "http", cluster, request: rewritten(request, route), routeName: route.name };
}

function isHttpHost(view: View, host: string, port: number): boolean {
  const ports = serviceEntryFor(view, host, port)?.spec.ports ?? [];
  return (
    ports.some((one) => one.number === port && isHttp(one.protocol)) ||
    view.services.some((service) => serviceHost(service) === host)
  );
}

/**
 * A host that no Service and no ServiceEntry has: Istio serves the http routes of its VirtualService all the same, on
 * port 80 alone, where another HTTP service makes the sidecar listen. Seen on a mesh.
 */
function isRoutedWithoutService(view: View, host: string, port: number): boolean {
  const isKnown =
    serviceEntryFor(view, host) !== undefined ||
    view.services.some((service) => serviceHost(service) === host);
  return !isKnown && port === 80 && httpRoutesFor(view, host, port).length > 0;
}

/** Header edits in Envoy's order: removed, added, set; then path and authority. */
function rewritten(request: HttpRequest, { headers, rewrite }: HttpRoute): HttpRequest {
  const { remove, add, set } = headers?.request ?? { remove: [], add: {}, set: {} };
  const removed = new Set(remove.map((name) => name.toLowerCase()));
  const kept = Object.entries(request.headers).filter(([name]) => !removed.has(name));
  const edits = Object.entries({ ...add, ...set });
  return {
    method: request.method,
    path: rewrite?.uri ?? request.path,
    authority: rewrite?.authority ?? request.authority,
    headers: Object.fromEntries([
      ...kept,
      ...edits.map(([name, value]): [string, string] => [name.toLowerCase(), value]),
    ]),
  };
}

function routeTls(scene: OutboundScene): Outbound | undefined {
  const { attempt, view } = scene;
  const entry = serviceEntryFor(view, attempt.host, attempt.port);
  const listens = entry?.spec.ports.some(
    (port) => port.number === attempt.port && isTls(port.protocol),
  );
  if (entry === undefined || listens !== true) return undefined;
  const routes = virtualServicesFor(view, attempt.host).flatMap(({ spec }) => spec.tls);
  return streamTo(scene, routes, attempt.host);
}

/** A TCP port of a ServiceEntry listens on its virtual address where it has one, else for every address. */
function routeTcp(scene: OutboundScene): Outbound | undefined {
  const { attempt, view, world, address } = scene;
  const entry = view.serviceEntries
    .filter(({ spec }) =>
      spec.ports.some(
        (port) => port.number === attempt.port && port.protocol.toUpperCase() === "TCP",
      ),
    )
    .find((candidate) => {
      const own = [
        ...candidate.spec.addresses,
        ...(world.dnsCapture ? [virtualAddress(candidate)] : []),
      ];
      if (own.length > 0) return own.includes(address);
      return !hasHttpPort(view, attempt.port);
    });
  const host = entry?.spec.hosts[0];
  if (host === undefined) return undefined;
  const routes = virtualServicesFor(view, host).flatMap(({ spec }) => spec.tcp);
  return streamTo(scene, routes, host);
}

function streamTo(scene: OutboundScene, routes: readonly StreamRoute[], host: string): Outbound {
  const { attempt, view, catalogue } = scene;
  const sni = attempt.kind === "tls" ? attempt.host : undefined;
  const route = matchStreamRoute(routes, { port: attempt.port, gateway: "mesh", sni });
  const destination = route?.route[0]?.destination ?? {
    host: clusterHost(view, host, attempt.port),
    port: { number: attempt.port },
  };
  return { kind: "stream", cluster: resolveCluster(catalogue, view, destination), sni };
}

/** A wildcard ServiceEntry has one cluster, under its wildcard name. */
function clusterHost(view: View, host: string, port: number): string {
  return (
    serviceEntryFor(view, host, port)?.spec.hosts.find((pattern) => matchesHost(pattern, host)) ??
    host
  );
}

/**
 * The http routes of a host on a port: of the first VirtualService that has one for it; one that has none has no say.
 * https://github.com/istio/istio/blob/1.29.5/pilot/pkg/networking/core/route/route.go (buildSidecarVirtualHostsForVirtualService)
 */
function httpRoutesFor(view: View, host: string, port: number): readonly HttpRoute[] {
  const deciding = virtualServicesFor(view, host).find(({ spec }) =>
    spec.http.some(({ match }) => match.length === 0 || match.some((one) => isOn(one, port))),
  );
  return deciding?.spec.http ?? [];
}

function isOn(match: HttpMatch, port: number): boolean {
  const isOfMesh = match.gateways === undefined || match.gateways.includes("mesh");
  return isOfMesh && (match.port === undefined || match.port === port);
}

/**
 * Those of a host, the namespace's own first, each group the most specific first; tls and tcp routes are tried in that order.
 * https://github.com/istio/istio/blob/1.29.5/pilot/pkg/networking/core/tls.go (buildSidecarOutboundTLSFilterChainOpts)
 */
function virtualServicesFor(view: View, host: string): readonly VirtualService[] {
  const mesh = view.virtualServices.filter(({ spec }) => spec.gateways.includes("mesh"));
  const own = mesh.filter(({ metadata }) => metadata.namespace === view.namespace);
  const others = mesh.filter(({ metadata }) => metadata.namespace !== view.namespace);
  return [...bySpecificity(own, host), ...bySpecificity(others, host)];
}

function bySpecificity(
  services: readonly VirtualService[],
  host: string,
): readonly VirtualService[] {
  const first = mostSpecific(services, host, ({ spec }) => spec.hosts);
  if (first.length === 0) return [];
  return [
    ...first,
    ...bySpecificity(
      services.filter((each) => !first.includes(each)),
      host,
    ),
  ];
}

function requestOf(attempt: Attempt): HttpRequest {
  const isDefault = attempt.port === 80;
  const headers = Object.fromEntries(
    Object.entries(attempt.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    method: attempt.method ?? "GET",
    path: attempt.path ?? "/",
    authority: headers["host"] ?? (isDefault ? attempt.host : `${attempt.host}:${attempt.port}`),
    headers: { ...headers, "user-agent": attempt.userAgent ?? "curl/7.88.1" },
  };
}

function hasHttpPort(view: View, port: number): boolean {
  return (
    view.serviceEntries.some(({ spec }) =>
      spec.ports.some((one) => one.number === port && isHttp(one.protocol)),
    ) ||
    view.services.some((service) =>
      service.spec.ports.some((one) => one.port === port && isHttp(protocolOf(one))),
    )
  );
}

/** A TLS port listens for every address only where its host has no address of its own; else nothing reads the SNI. */
function listensForAnyTls({ view, world, attempt }: OutboundScene): boolean {
  return view.serviceEntries.some(
    ({ spec }) =>
      spec.addresses.length === 0 &&
      (!world.dnsCapture || spec.hosts.some((host) => host.startsWith("*"))) &&
      spec.ports.some((one) => one.number === attempt.port && isTls(one.protocol)),
  );
}

/** https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/#explicit-protocol-selection */
function protocolOf(port: Service["spec"]["ports"][number]): string {
  return (port.appProtocol ?? port.name.split("-")[0] ?? "").toUpperCase();
}

function isHttp(protocol: string): boolean {
  return ["HTTP", "HTTP2", "GRPC", "GRPC-WEB"].includes(protocol.toUpperCase());
}

function isTls(protocol: string): boolean {
  return ["TLS", "HTTPS"].includes(protocol.toUpperCase());
}
