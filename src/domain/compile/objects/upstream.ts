import type { Destination, GatewayFacts } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { TCP_POOL } from "../mesh-words.ts";
import { type Door, upstreamClass, upstreamHost, upstreamId } from "../names.ts";

/** How the gateway reaches one destination: a synthetic host whose only endpoint is the real one. */
export function upstream(
  facts: GatewayFacts,
  destination: Destination,
  grantIds: readonly string[],
): readonly Draft[] {
  const http = upstreamClass(destination) === "http";
  const shared = { name: upstreamId(facts.ref, destination), in: facts.ref.namespace, grantIds };
  const port = http ? { name: "http", protocol: "HTTP" } : { name: "tcp", protocol: "TCP" };
  return [
    {
      ...shared,
      kind: "ServiceEntry",
      spec: {
        exportTo: ["."],
        hosts: [upstreamHost(facts.ref, destination)],
        location: "MESH_EXTERNAL",
        resolution: "DNS",
        ports: [{ number: destination.port, ...port }],
        endpoints: [{ address: destination.host }],
      },
    },
    {
      ...shared,
      kind: "DestinationRule",
      spec: {
        exportTo: ["."],
        host: upstreamHost(facts.ref, destination),
        // With `useClientProtocol` on both hops WebSocket and gRPC pass as they are.
        trafficPolicy: {
          connectionPool: { ...(http ? { http: { useClientProtocol: true } } : {}), tcp: TCP_POOL },
        },
      },
    },
  ];
}

/** Where a route of the gateway sends what it lets through. */
export function toUpstream({ ref }: GatewayFacts, { destination }: Door): unknown {
  const { port } = destination;
  return { destination: { host: upstreamHost(ref, destination), port: { number: port } } };
}
