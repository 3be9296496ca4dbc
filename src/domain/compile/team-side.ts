import type { GatewayFacts } from "../grant.ts";
import type { Draft } from "./compiled.ts";
import { gatewaySpiffeId, RETRIES, TCP_POOL } from "./mesh-words.ts";
import {
  type Door,
  GRANT_HEADER,
  HTTP_SNI,
  PROBE_TELEMETRY,
  clientName,
  clientRuleName,
  doorName,
  tunnelSubset,
} from "./names.ts";

/** A door with the grants behind it, at its gateway. */
export interface GrantedDoor {
  readonly door: Door;
  readonly grantIds: readonly string[];
  readonly facts: GatewayFacts;
}

const PROTOCOLS = { http: "HTTP", tls: "TLS" } as const;

/**
 * One host in a team's namespace. `STATIC` without endpoints is what makes it closed: traffic that finds no
 * VirtualService has nowhere to go, where `DNS` or `NONE` would send it out past the gateway.
 */
export function clientObjects(
  namespace: string,
  host: string,
  doors: readonly GrantedDoor[],
): readonly Draft[] {
  const grantIds = idsOf(doors);
  const shared = { name: clientName(host), in: namespace, serves: namespace, grantIds };
  const http = doors.filter(({ door }) => door.destination.mode === "http");
  const tls = doors.filter(({ door }) => door.destination.mode === "tls");
  return [
    {
      ...shared,
      kind: "ServiceEntry",
      spec: {
        exportTo: ["."],
        hosts: [host],
        location: "MESH_EXTERNAL",
        resolution: "STATIC",
        ports: doors.map(({ door: { destination } }) => ({
          number: destination.port,
          name: `${destination.mode}-${destination.port}`,
          protocol: PROTOCOLS[destination.mode],
        })),
      },
    },
    {
      ...shared,
      kind: "VirtualService",
      spec: {
        exportTo: ["."],
        gateways: ["mesh"],
        hosts: [host],
        ...(http.length === 0 ? {} : { http: http.map(httpRoute) }),
        ...(tls.length === 0 ? {} : { tls: tls.map(tlsRoute) }),
      },
    },
  ];
}

function httpRoute({ door, facts }: GrantedDoor): unknown {
  const { host, port } = door.destination;
  return {
    match: [{ port }],
    retries: RETRIES,
    headers: { request: { set: { [GRANT_HEADER]: doorName(door) } } },
    route: [{ destination: { host: facts.serviceHost, subset: "http", port: { number: 80 } } }],
    rewrite: { authority: port === 80 ? host : `${host}:${port}` },
  };
}

function tlsRoute({ door, facts }: GrantedDoor): unknown {
  const { host, port } = door.destination;
  return {
    match: [{ port, sniHosts: [host] }],
    route: [
      {
        destination: { host: facts.serviceHost, subset: tunnelSubset(door), port: { number: 443 } },
      },
    ],
  };
}

/** How a namespace's sidecars speak to one gateway: mutual TLS, one subset for HTTP, one per tunnel. */
export function clientRule(
  namespace: string,
  facts: GatewayFacts,
  doors: readonly GrantedDoor[],
): Draft {
  const hasHttp = doors.some(({ door }) => door.destination.mode === "http");
  const tunnels = doors.filter(({ door }) => door.destination.mode !== "http");
  const subjectAltNames = [gatewaySpiffeId(facts)];
  const subsets = [
    ...(hasHttp
      ? [
          subset("http", 80, {
            connectionPool: { http: { useClientProtocol: true }, tcp: TCP_POOL },
            sni: HTTP_SNI,
            subjectAltNames,
          }),
        ]
      : []),
    ...tunnels
      .map(({ door }) =>
        subset(tunnelSubset(door), 443, {
          connectionPool: { tcp: TCP_POOL },
          sni: doorName(door),
          subjectAltNames,
        }),
      )
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  ];
  return {
    kind: "DestinationRule",
    name: clientRuleName(facts.ref),
    in: namespace,
    serves: namespace,
    grantIds: idsOf(doors),
    spec: { exportTo: ["."], host: facts.serviceHost, subsets },
  };
}

function subset(
  name: string,
  port: number,
  {
    connectionPool,
    sni,
    subjectAltNames,
  }: {
    readonly connectionPool: unknown;
    readonly sni: string;
    readonly subjectAltNames: readonly string[];
  },
): { readonly name: string } {
  const tls = { mode: "ISTIO_MUTUAL", sni, subjectAltNames };
  const settings = { port: { number: port }, connectionPool, tls };
  return Object.assign({ name }, { trafficPolicy: { portLevelSettings: [settings] } });
}

/** Turns the log of probe pods' sidecars on, and of no other pod. */
export function probeTelemetry(namespace: string, grantIds: readonly string[]): Draft {
  return {
    kind: "Telemetry",
    name: PROBE_TELEMETRY,
    in: namespace,
    serves: namespace,
    grantIds,
    spec: {
      selector: { matchLabels: { [PROBE_LABEL]: "true" } },
      accessLogging: [{ providers: [{ name: "envoy" }] }],
    },
  };
}

const PROBE_LABEL = "sallyport.dev/probe";

function idsOf(doors: readonly GrantedDoor[]): readonly string[] {
  return [...new Set(doors.flatMap(({ grantIds }) => grantIds))].toSorted();
}
