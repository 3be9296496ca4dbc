import { selects } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Cluster } from "./cluster.ts";
import { matchesHost, mostSpecific, withoutPort } from "./host-match.ts";
import { matchHttpRoute, matchStreamRoute } from "./route-match.ts";
import type { HttpRequest } from "./route-match.ts";
import type {
  ClientTls,
  Gateway,
  GatewayServer,
  HttpRoute,
  StreamRoute,
  VirtualService,
} from "./networking-schema.ts";
import type { Pod } from "./workload-schema.ts";
import { viewOfNamespace } from "./visibility.ts";
import type { Attempt, Client, MeshWorld } from "./world.ts";

/** A filter chain of a gateway's listener: one server of one Gateway, chosen by SNI. */
export interface Chain {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
  readonly kind: "http" | "tcp";
  readonly sni: string;
  /** It ends no TLS: what it carries is not decrypted, and nobody's certificate is asked for. */
  readonly isPassthrough: boolean;
  /** Of a TCP chain; Istio builds none without a route. */
  readonly route?: StreamRoute;
}

/**
 * How a sidecar's connection to a gateway pod ends: with mutual TLS of the sidecar's own, or with what the application said,
 * as it said it.
 * - `refused`: no Gateway makes this pod listen on the port.
 * - `plain-text`: it listens, and speaks no TLS on the port.
 * - `no-chain`: it listens, but has nothing for this SNI (or for plain text).
 * - `wrong-gateway`: the pod's certificate is not the one the DestinationRule names.
 * - `wrong-account`: the client's certificate is not in the server's `subjectAltNames`, or it sent none.
 */
export type Handshake =
  | { readonly kind: "refused" }
  | { readonly kind: "plain-text" }
  | { readonly kind: "no-chain"; readonly sni: string | undefined }
  | { readonly kind: "wrong-gateway" }
  | { readonly kind: "wrong-account"; readonly chain: Chain }
  | { readonly kind: "accepted"; readonly chain: Chain };

export function shakeHands(
  at: { readonly world: MeshWorld; readonly catalogue: Catalogue; readonly attempt: Attempt },
  cluster: Cluster,
  pod: Pod,
): Handshake {
  const port = cluster.target.kind === "pods" ? cluster.target.servicePort : cluster.port;
  const chains = chainsOf(at.catalogue, pod, port);
  if (chains.length === 0) return { kind: "refused" };

  const tls = clientTls(cluster, pod);
  const hello = tls === undefined ? sniOf(at.attempt) : tls.sni;
  if (hello === undefined || isPlainText(chains))
    return tls === undefined ? { kind: "no-chain", sni: hello } : { kind: "plain-text" };
  const found = mostSpecific(chains, hello, ({ server }) => server.hosts.map(dnsName))[0];
  const chain = found && complete(at.catalogue, found, { sni: hello, pod, port });
  if (chain === undefined) return { kind: "no-chain", sni: hello };
  return certified(at, { chain, tls, pod });
}

/** The application's own TLS says where it goes; HTTP and bytes say nothing here. */
function sniOf({ kind, host }: Attempt): string | undefined {
  return kind === "tls" ? host : undefined;
}

function certified(
  at: { readonly world: MeshWorld; readonly attempt: Attempt },
  {
    chain,
    tls,
    pod,
  }: { readonly chain: Chain; readonly tls: ClientTls | undefined; readonly pod: Pod },
): Handshake {
  // Who answers there is outside the mesh, and has no certificate of it.
  if (chain.isPassthrough)
    return tls === undefined ? { kind: "accepted", chain } : { kind: "wrong-gateway" };
  const { namespace } = pod.metadata;
  const gatewayId = `spiffe://${at.world.trustDomain}/ns/${namespace}/sa/${pod.spec.serviceAccountName}`;
  if (tls !== undefined && !names(tls.subjectAltNames, gatewayId)) return { kind: "wrong-gateway" };
  const accounts = chain.server.tls?.subjectAltNames ?? [];
  const isKnown =
    tls?.mode === "ISTIO_MUTUAL" && names(accounts, clientId(at.world, at.attempt.client));
  return { kind: isKnown ? "accepted" : "wrong-account", chain };
}

/** An empty list of names accepts every certificate of the mesh. */
function names(list: readonly string[], id: string): boolean {
  return list.length === 0 || list.includes(id);
}

/**
 * The TLS that a sidecar adds; undefined for none. Without a policy it adds its own to pods that have a sidecar, which a
 * label says, and gateways do not have it; without an SNI of the policy's it is made of the cluster's name.
 * https://istio.io/latest/docs/ops/configuration/traffic-management/tls-configuration/#auto-mtls ,
 * https://github.com/istio/istio/issues/23910
 */
function clientTls(
  { tls, port, subset, host }: Cluster,
  { metadata }: Pod,
): (ClientTls & { readonly sni: string }) | undefined {
  const sni = `outbound_.${port}_.${subset}_.${host}`;
  const isOfMesh = metadata.labels["security.istio.io/tlsMode"] === "istio";
  if (tls === undefined)
    return isOfMesh ? { mode: "ISTIO_MUTUAL", sni, subjectAltNames: [] } : undefined;
  return tls.mode === "DISABLE" ? undefined : { ...tls, sni: tls.sni ?? sni };
}

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>` */
export function clientId(world: MeshWorld, client: Client): string {
  return `spiffe://${world.trustDomain}/ns/${client.namespace}/sa/${client.serviceAccount}`;
}

/** The http route of a gateway's listener for a request: by Host header first, then in order. */
export function gatewayRoute(
  catalogue: Catalogue,
  chain: Chain,
  at: { readonly pod: Pod; readonly request: HttpRequest; readonly port: number },
): HttpRoute | undefined {
  const host = withoutPort(at.request.authority);
  const bound = boundTo(catalogue, chain, at.pod);
  const candidates = mostSpecific(bound, host, ({ spec }) => spec.hosts);
  return matchHttpRoute(
    candidates.flatMap(({ spec }) => spec.http),
    at.request,
    { port: at.port, gateway: gatewayName(chain.gateway) },
  );
}

interface BareChain {
  readonly gateway: Gateway;
  readonly server: GatewayServer;
}

/** The servers that Istio keeps on a port of the pod. A Gateway without selector is on every gateway's pods. */
function chainsOf(catalogue: Catalogue, pod: Pod, port: number): readonly BareChain[] {
  const all = catalogue.gateways
    .filter(({ spec }) => selects(spec.selector, pod.metadata.labels))
    .flatMap((gateway) => gateway.spec.servers.map((server) => ({ gateway, server })))
    .filter(({ server }) => server.port.number === port);
  return merged(all);
}

/**
 * Of several Gateways' servers on a port, oldest first, plain text and TLS exclude each other, and a name is served once:
 * the later server is skipped as a whole. https://istio.io/latest/docs/reference/config/networking/gateway/ ,
 * https://github.com/istio/istio/blob/master/pilot/pkg/model/gateway.go (MergeGateways)
 */
function merged(chains: readonly BareChain[]): readonly BareChain[] {
  const plain = isPlainText(chains);
  const known = new Set<string>();
  return chains.filter((chain) => {
    if (isPlainText([chain]) !== plain) return false;
    if (plain) return true;
    const hosts = chain.server.hosts.map((host) => qualified(host, chain.gateway));
    if (hosts.some((host) => known.has(host))) return false;
    for (const host of hosts) known.add(host);
    return true;
  });
}

function isPlainText([first]: readonly BareChain[]): boolean {
  return first !== undefined && first.server.tls === undefined;
}

/** `./host` is one of the Gateway's namespace, a host without namespace one of any. */
function qualified(host: string, { metadata }: Gateway): string {
  if (host.startsWith("./")) return `${metadata.namespace}/${dnsName(host)}`;
  return host.startsWith("*/") ? dnsName(host) : host;
}

/**
 * Servers that end mutual TLS carry a sidecar's connection, to tcp routes; those that pass TLS on, the application's own, to tls routes.
 * https://github.com/istio/istio/blob/1.29.5/pilot/pkg/networking/core/gateway.go (createGatewayTCPFilterChainOpts)
 */
function complete(
  catalogue: Catalogue,
  { gateway, server }: BareChain,
  at: { readonly sni: string; readonly pod: Pod; readonly port: number },
): Chain | undefined {
  const mode = server.tls?.mode ?? "";
  const isPassthrough = mode === "PASSTHROUGH";
  if (!isPassthrough && !["ISTIO_MUTUAL", "MUTUAL"].includes(mode)) return undefined;
  const base = { gateway, server, sni: at.sni, isPassthrough };
  if (!isPassthrough && server.port.protocol === "HTTPS") return { ...base, kind: "http" };
  const chain: Chain = { ...base, kind: "tcp" };
  const services = boundTo(catalogue, chain, at.pod).filter(({ spec }) =>
    spec.hosts.some((host) => matchesHost(host, at.sni)),
  );
  const route = matchStreamRoute(
    services.flatMap(({ spec }) => (isPassthrough ? spec.tls : spec.tcp)),
    { port: at.port, gateway: gatewayName(gateway), sni: isPassthrough ? at.sni : undefined },
  );
  return route === undefined ? undefined : { ...chain, route };
}

/** VirtualServices that name this Gateway and that its server's `<namespace>/<host>` admits. */
function boundTo(
  catalogue: Catalogue,
  { gateway, server }: BareChain,
  pod: Pod,
): readonly VirtualService[] {
  const name = gatewayName(gateway);
  return viewOfNamespace(catalogue, pod.metadata.namespace).virtualServices.filter(
    ({ metadata, spec }) =>
      spec.gateways.includes(name) &&
      server.hosts.some((host) => admits(host, gateway, metadata.namespace, spec.hosts)),
  );
}

function admits(
  serverHost: string,
  gateway: Gateway,
  namespace: string,
  hosts: readonly string[],
): boolean {
  const where = serverHost.includes("/") ? serverHost.slice(0, serverHost.indexOf("/")) : "*";
  const inNamespace =
    where === "*" ||
    where === namespace ||
    (where === "." && namespace === gateway.metadata.namespace);
  return inNamespace && hosts.some((host) => matchesHost(dnsName(serverHost), host));
}

function dnsName(serverHost: string): string {
  return serverHost.slice(serverHost.indexOf("/") + 1);
}

function gatewayName({ metadata }: Gateway): string {
  return `${metadata.namespace}/${metadata.name}`;
}
