import { selects } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { type Carried, namedProtocol } from "./app-protocols.ts";
import { ruleInForce } from "./destination-rules.ts";
import { matchesHost, mostSpecific } from "./host-match.ts";
import type {
  ClientTls,
  DestinationRule,
  ServiceEntry,
  TrafficPolicy,
} from "./networking-schema.ts";
import type { Pod, Service } from "./workload-schema.ts";
import { serviceHost } from "./visibility.ts";
import type { View } from "./visibility.ts";

/** Where a proxy sends what a route chose: Envoy's cluster, with the endpoints it would have. */
export interface Cluster {
  /** `outbound|443|subset|host`, as in access logs. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly subset: string;
  readonly target: ClusterTarget;
  readonly tls: ClientTls | undefined;
  readonly connectTimeoutMs: number;
  readonly usesClientProtocol: boolean;
  /** What its port is said to speak. */
  readonly portProtocol: Carried;
}

export type ClusterTarget =
  | {
      readonly kind: "pods";
      readonly pods: readonly Pod[];
      readonly port: number;
      readonly servicePort: number;
    }
  | {
      readonly kind: "external";
      readonly hosts: readonly { readonly address: string; readonly port: number }[];
    }
  | { readonly kind: "original-destination" };

/** A target whose place is known without the address that a client dialled. */
export type PlacedTarget = Exclude<ClusterTarget, { readonly kind: "original-destination" }>;

export interface Destination {
  readonly host: string;
  readonly subset?: string | undefined;
  readonly port?: { readonly number: number } | undefined;
}

/** undefined = the cluster does not exist (`NC cluster_not_found`): unknown host, port or subset. */
export function resolveCluster(
  catalogue: Catalogue,
  view: View,
  destination: Destination,
): Cluster | undefined {
  const host = qualified(destination.host, view.namespace);
  const subset = destination.subset ?? "";
  const policies = policiesFor(view, host, subset);
  const found = locate(catalogue, view, { host, port: destination.port?.number });
  if (policies === undefined || found === undefined) return undefined;
  return {
    name: `outbound|${found.port}|${subset}|${host}`,
    host,
    port: found.port,
    subset,
    target: found.target,
    tls: tlsFor(policies, found.port),
    connectTimeoutMs: connectTimeoutMs(policies[0]),
    usesClientProtocol: usesClientProtocol(policies, found.port),
    portProtocol: found.protocol,
  };
}

/** Settings for a destination, the subset's before the rule's; undefined = the subset does not exist. */
function policiesFor(
  view: View,
  host: string,
  subset: string,
): readonly TrafficPolicy[] | undefined {
  const spec = ruleInForce(rulesFor(view, host))?.spec;
  const found = spec?.subsets.find(({ name }) => name === subset);
  if (subset !== "" && found === undefined) return undefined;
  return [found?.trafficPolicy, spec?.trafficPolicy].filter((policy) => policy !== undefined);
}

interface Located {
  readonly port: number;
  readonly protocol: Carried;
  readonly target: ClusterTarget;
}

function locate(
  catalogue: Catalogue,
  view: View,
  wanted: { readonly host: string; readonly port: number | undefined },
): Located | undefined {
  const service = view.services.find((candidate) => serviceHost(candidate) === wanted.host);
  const entry = serviceEntryFor(view, wanted.host, wanted.port);
  const first = service?.spec.ports[0]?.port ?? entry?.spec.ports[0]?.number;
  const port = wanted.port ?? first;
  if (port === undefined) return undefined;
  const target =
    service === undefined
      ? entry && entryTarget(catalogue, entry, { host: wanted.host, number: port })
      : serviceTarget(catalogue, service, port);
  return target && { port, target, protocol: protocolOf({ service, entry }, port) };
}

/** By the name of a Service's port, or the protocol of a ServiceEntry's. */
function protocolOf(
  {
    service,
    entry,
  }: { readonly service: Service | undefined; readonly entry: ServiceEntry | undefined },
  number: number,
): Carried {
  const named =
    service === undefined
      ? entry?.spec.ports.find((port) => port.number === number)?.protocol
      : service.spec.ports.find(({ port }) => port === number)?.name;
  return namedProtocol(named ?? "");
}

/**
 * The ServiceEntry that answers for a host, on a port where one is given: of those for one name the viewer's own namespace's
 * is taken, else the oldest, as a whole; of several names the most specific that has the port.
 * https://github.com/istio/istio/blob/1.29.5/pilot/pkg/model/sidecar.go (selectServices) ,
 * https://github.com/istio/istio/blob/1.29.5/pilot/pkg/networking/core/httproute.go (BuildSidecarOutboundVirtualHosts)
 */
export function serviceEntryFor(view: View, host: string, port?: number): ServiceEntry | undefined {
  return mostSpecific(entriesByName(view, host, port), host, ({ name }) => [name])[0]?.entry;
}

interface Named {
  /** As the entry has it: the host, or a pattern over it. */
  readonly name: string;
  readonly entry: ServiceEntry;
}

function entriesByName(view: View, host: string, port: number | undefined): readonly Named[] {
  const all = view.serviceEntries.flatMap((entry) =>
    entry.spec.hosts
      .filter((name) => matchesHost(name, host))
      .map((name): Named => ({ name, entry })),
  );
  return [...Map.groupBy(all, ({ name }) => name).values()]
    .flatMap(
      (same) =>
        same.find(({ entry }) => entry.metadata.namespace === view.namespace) ?? same[0] ?? [],
    )
    .filter(
      ({ entry }) => port === undefined || entry.spec.ports.some(({ number }) => number === port),
    );
}

function qualified(host: string, namespace: string): string {
  return host.includes(".") ? host : `${host}.${namespace}.svc.cluster.local`;
}

/** The viewer's namespace first, then the destination's, https://istio.io/latest/docs/ops/best-practices/traffic-management/#cross-namespace-configuration */
function rulesFor(view: View, host: string): readonly DestinationRule[] {
  const all = view.destinationRules.filter(({ spec }) =>
    matchesHost(qualified(spec.host, view.namespace), host),
  );
  const own = all.filter(({ metadata }) => metadata.namespace === view.namespace);
  return mostSpecific(own.length > 0 ? own : all, host, ({ spec }) => [
    qualified(spec.host, view.namespace),
  ]);
}

function serviceTarget(
  catalogue: Catalogue,
  service: Service,
  number: number,
): PlacedTarget | undefined {
  const port = service.spec.ports.find((candidate) => candidate.port === number);
  if (port === undefined) return undefined;
  const pods = catalogue.pods.filter(
    (pod) =>
      pod.metadata.namespace === service.metadata.namespace &&
      Object.keys(service.spec.selector).length > 0 &&
      selects(service.spec.selector, pod.metadata.labels) &&
      isReady(pod),
  );
  const target = typeof port.targetPort === "number" ? port.targetPort : number;
  return { kind: "pods", pods, port: target, servicePort: number };
}

function entryTarget(
  catalogue: Catalogue,
  entry: ServiceEntry,
  { host, number }: { readonly host: string; readonly number: number },
): ClusterTarget | undefined {
  const port = entry.spec.ports.find((candidate) => candidate.number === number);
  if (port === undefined) return undefined;
  if (entry.spec.resolution === "NONE") return { kind: "original-destination" };
  const target = port.targetPort ?? number;
  const endpoints = entry.spec.endpoints.map((endpoint) => ({
    address: endpoint.address,
    port: endpoint.ports[port.name] ?? target,
  }));
  const isDns = entry.spec.resolution.startsWith("DNS");
  const hosts = endpoints.length === 0 && isDns ? [{ address: host, port: target }] : endpoints;
  const [first] = hosts;
  return (first && targetInMesh(catalogue, first)) ?? { kind: "external", hosts };
}

/**
 * What an address or name inside the cluster leads to: a pod by its own address, a Service by its address or DNS name.
 * Nothing but the pod's own listener stands between a client that dials it so and the pod; undefined = outside.
 * https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies
 */
export function targetInMesh(
  catalogue: Catalogue,
  { address, port }: { readonly address: string; readonly port: number },
): PlacedTarget | undefined {
  const service = catalogue.services.find(
    (candidate) => candidate.spec.clusterIP === address || serviceHost(candidate) === address,
  );
  if (service !== undefined) return serviceTarget(catalogue, service, port);
  const pod = catalogue.pods.find(({ status }) => status.podIP === address);
  if (pod === undefined) return undefined;
  return { kind: "pods", pods: [pod], port, servicePort: servicePortOf(catalogue, pod, port) };
}

/**
 * The Service port whose target a pod listens on. A Gateway's server names the Service's port:
 * https://istio.io/latest/docs/reference/config/networking/gateway/#Server
 */
function servicePortOf(catalogue: Catalogue, pod: Pod, listener: number): number {
  const ports = catalogue.services
    .filter(
      ({ metadata, spec }) =>
        metadata.namespace === pod.metadata.namespace &&
        Object.keys(spec.selector).length > 0 &&
        selects(spec.selector, pod.metadata.labels),
    )
    .flatMap(({ spec }) => spec.ports);
  return ports.find(({ port, targetPort }) => (targetPort ?? port) === listener)?.port ?? listener;
}

function isReady(pod: Pod): boolean {
  return (
    (pod.status.podIP ?? "") !== "" &&
    pod.status.conditions.some(({ type, status }) => type === "Ready" && status === "True")
  );
}

/** Port-level settings override the others, and a subset's override the rule's. */
function tlsFor(policies: readonly TrafficPolicy[], number: number): ClientTls | undefined {
  for (const policy of policies) {
    const atPort = policy.portLevelSettings.find(({ port }) => port.number === number);
    const tls = atPort === undefined ? policy.tls : atPort.tls;
    if (tls !== undefined) return tls;
  }
  return undefined;
}

function usesClientProtocol(policies: readonly TrafficPolicy[], number: number): boolean {
  for (const policy of policies) {
    const atPort = policy.portLevelSettings.find(({ port }) => port.number === number);
    const pool = atPort === undefined ? policy.connectionPool : atPort.connectionPool;
    if (pool?.http !== undefined) return pool.http.useClientProtocol === true;
  }
  return false;
}

function connectTimeoutMs(policy: TrafficPolicy | undefined): number {
  const seconds = /^(\d+)s$/u.exec(policy?.connectionPool?.tcp?.connectTimeout ?? "10s")?.[1];
  return Number(seconds ?? 10) * 1000;
}
