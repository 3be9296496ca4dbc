import type { Draft } from "../compiled.ts";
import { RETRIES } from "../mesh-words.ts";
import { clientName, doorName, GRANT_HEADER, tunnelSubset } from "../names.ts";
import { type GrantedDoor, idsOf } from "../granted-door.ts";

const PROTOCOLS = { http: "HTTP", tls: "TLS" } as const;

/**
 * Ports of one ServiceEntry, by the API server's schema.
 * https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry
 */
export const CLIENT_PORT_LIMIT = 256;

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
