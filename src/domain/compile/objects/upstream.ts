import type { GatewayFacts } from "../../grant.ts";
import type { Draft } from "../compiled.ts";
import { TCP_POOL } from "../mesh-words.ts";
import { type Upstream, upstreamHost, upstreamId } from "../names.ts";

/** How the gateway reaches one destination: a synthetic host whose only endpoint is the real one. */
export function upstreamObjects(
  facts: GatewayFacts,
  upstream: Upstream,
  grantIds: readonly string[],
): readonly Draft[] {
  const http = upstream.class !== "tcp";
  const { address } = upstream;
  // Without the names Envoy would take any certificate: https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
  const tls = { mode: "SIMPLE", sni: address, subjectAltNames: [address] };
  const shared = { name: upstreamId(facts.ref, upstream), in: facts.ref.namespace, grantIds };
  const port = http ? { name: "http", protocol: "HTTP" } : { name: "tcp", protocol: "TCP" };
  return [
    {
      ...shared,
      kind: "ServiceEntry",
      spec: {
        exportTo: ["."],
        hosts: [upstreamHost(facts.ref, upstream)],
        location: "MESH_EXTERNAL",
        resolution: "DNS",
        ports: [{ number: upstream.port, ...port }],
        endpoints: [{ address }],
      },
    },
    {
      ...shared,
      kind: "DestinationRule",
      spec: {
        exportTo: ["."],
        host: upstreamHost(facts.ref, upstream),
        // With `useClientProtocol` on both hops WebSocket and gRPC pass as they are.
        trafficPolicy: {
          connectionPool: { ...(http ? { http: { useClientProtocol: true } } : {}), tcp: TCP_POOL },
          ...(upstream.class === "https" ? { tls } : {}),
        },
      },
    },
  ];
}

/** Where a route of the gateway sends what it lets through. */
export function toUpstream({ ref }: GatewayFacts, upstream: Upstream): unknown {
  const { port } = upstream;
  return { destination: { host: upstreamHost(ref, upstream), port: { number: port } } };
}
