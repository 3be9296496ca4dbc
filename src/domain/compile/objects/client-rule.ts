import { compareText } from "../../compare-text.ts";
import type { GatewayFacts } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { type GrantedDoor, idsOf } from "../granted-door.ts";
import { modeOf } from "../../network/modes/modes.ts";
import { gatewaySpiffeId, TCP_POOL } from "../mesh-words.ts";
import { clientRuleName, doorName, HTTP_SNI, tunnelSubset } from "../names.ts";

/** How a namespace's sidecars speak to one gateway: mutual TLS, one subset for HTTP, one per tunnel. */
export function clientRule(
  namespace: string,
  facts: GatewayFacts,
  doors: readonly GrantedDoor[],
): Draft {
  const hasRoutes = doors.some(({ door }) => modeOf(door.destination).passes === "route");
  const tunnels = doors.filter(({ door }) => modeOf(door.destination).passes === "tunnel");
  const subjectAltNames = [gatewaySpiffeId(facts)];
  const subsets = [
    ...(hasRoutes
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
      .toSorted((one, other) => compareText(one.name, other.name)),
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
