import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Catalogue, readCatalogue } from "#test/simulators/kubernetes/mesh/catalogue.ts";
import { connectIn } from "#test/simulators/kubernetes/mesh/connect.ts";
import type { External, Outcome } from "#test/simulators/kubernetes/mesh/world.ts";
import { GATEWAY } from "../../compile/proven-grants.ts";

/* A mesh with Sallyport's gateway, an egress gateway of somebody else, and four namespaces of teams. */

export const TEAM = "team-x";
/** Where copies go: as the printed steps call it, in letters that a namespace may have. */
export const MOVING = "moving";
export const OTHERS = ["team-y", "legacy", MOVING] as const;

export const EDITION = "edition.cnn.com";
export const MONEY = "money.cnn.com";
export const HOSTS = [EDITION, MONEY] as const;
export const PORTS = { 80: "http", 443: "tls", 8443: "tls" } as const;
export type Port = 80 | 443 | 8443;
export const PORT_NUMBERS: readonly Port[] = [80, 443, 8443];

export const THEIR_GATEWAY = "egress.their-gw.svc.cluster.local";

/** Where a host's connections come out: ours, their gateway, past every gateway, or not at all. */
export type Way = "ours" | "theirs" | "directly" | "refused";

const OUTSIDE: readonly External[] = HOSTS.flatMap((host, at) =>
  PORT_NUMBERS.map((port) => ({
    host,
    port,
    kind: PORTS[port],
    addresses: [`192.0.2.${10 + at}`],
  })),
);

type Ways = Readonly<Record<string, Way>>;

interface Known {
  readonly catalogue: Catalogue;
  readonly ways: Map<string, Ways>;
}

/** The same objects are asked about many times. */
const KNOWN = new WeakMap<readonly KubernetesObject[], Known>();

/** What each of them does from a pod of one namespace, by `host:port`. */
export function waysFrom(namespace: string, objects: readonly KubernetesObject[]): Ways {
  const known = KNOWN.get(objects) ?? {
    catalogue: readCatalogue([...objects, ...STANDING]),
    ways: new Map<string, Ways>(),
  };
  KNOWN.set(objects, known);
  const ways = known.ways.get(namespace) ?? allWaysFrom(namespace, known.catalogue);
  known.ways.set(namespace, ways);
  return ways;
}

function allWaysFrom(namespace: string, catalogue: Catalogue): Ways {
  return Object.fromEntries(
    HOSTS.flatMap((host) =>
      PORT_NUMBERS.map((port) => [
        `${host}:${port}`,
        wayOf(ask(namespace, catalogue, { host, port })),
      ]),
    ),
  );
}

function ask(
  namespace: string,
  catalogue: Catalogue,
  { host, port }: { readonly host: string; readonly port: Port },
): Outcome {
  return connectIn(
    catalogue,
    {
      objects: [],
      externals: OUTSIDE,
      outboundTrafficPolicy: "REGISTRY_ONLY",
      dnsCapture: false,
      trustDomain: "cluster.local",
      rootNamespace: "aks-istio-system",
      accessLogEncoding: "TEXT",
      accessLogFile: true,
    },
    {
      client: {
        podName: "app",
        namespace,
        serviceAccount: "default",
        labels: { app: "app" },
        ip: "198.18.1.10",
        sidecar: true,
      },
      kind: PORTS[port],
      host,
      port,
      insecure: true,
    },
  );
}

function wayOf({ sourceAddress, gatewayLines, curl }: Outcome): Way {
  if (sourceAddress === undefined || curl.exitCode !== 0 || curl.httpStatus !== 200)
    return "refused";
  const [line] = gatewayLines;
  if (line === undefined) return "directly";
  return line.namespace === GATEWAY.ref.namespace ? "ours" : "theirs";
}

function gatewayPods(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  {
    account,
    labels,
    ip,
  }: {
    readonly account: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ip: string;
  },
): readonly object[] {
  return [
    {
      kind: "Service",
      metadata: { namespace, name },
      spec: {
        selector: labels,
        ports: [
          { port: 80, name: "http2" },
          { port: 443, name: "https" },
        ],
      },
    },
    {
      kind: "Pod",
      metadata: { namespace, name: `${name}-pod`, labels },
      spec: { serviceAccountName: account },
      status: { podIP: ip, conditions: [{ type: "Ready", status: "True" }] },
    },
  ];
}

/** Their gateway takes whatever is sent to it and lets it out by Host or, of TLS, to edition.cnn.com. */
const STANDING: readonly object[] = [
  ...gatewayPods(GATEWAY.ref, {
    account: GATEWAY.serviceAccount,
    labels: GATEWAY.selector,
    ip: "198.18.9.10",
  }),
  ...gatewayPods(
    { namespace: "their-gw", name: "egress" },
    { account: "egress", labels: { app: "their-egress" }, ip: "198.18.9.20" },
  ),
  of("Gateway", "all", {
    selector: { app: "their-egress" },
    servers: [
      { port: { number: 80, protocol: "HTTPS" }, tls: { mode: "ISTIO_MUTUAL" }, hosts: ["*"] },
      { port: { number: 443, protocol: "TLS" }, tls: { mode: "ISTIO_MUTUAL" }, hosts: ["*"] },
    ],
  }),
  of("DestinationRule", "to-us", {
    host: THEIR_GATEWAY,
    trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", sni: "any.their-gw" } },
  }),
  of("ServiceEntry", "out", {
    exportTo: ["."],
    hosts: HOSTS.map((host) => `up.${host}`),
    resolution: "DNS",
    ports: PORT_NUMBERS.map((number) => ({ number, name: `p-${number}`, protocol: "TCP" })),
    endpoints: [{ address: EDITION }],
  }),
  of("VirtualService", "out", {
    exportTo: ["."],
    gateways: ["their-gw/all"],
    hosts: ["*"],
    http: [{ route: [{ destination: { host: `up.${EDITION}`, port: { number: 80 } } }] }],
    tcp: [
      {
        match: [{ port: 443 }],
        route: [{ destination: { host: `up.${EDITION}`, port: { number: 443 } } }],
      },
    ],
  }),
];

function of(kind: string, name: string, spec: object): object {
  return { kind, metadata: { namespace: "their-gw", name }, spec };
}
