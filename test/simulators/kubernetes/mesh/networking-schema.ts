import { z } from "zod";
import { Labels, Metadata, Names } from "./workload-schema.ts";

/*
 * networking.istio.io, which decides where traffic goes: the fields that the mesh model reads, and nothing else. Unknown
 * fields are ignored here: rejecting invalid objects is the API server's work.
 * https://istio.io/latest/docs/reference/config/networking/
 */

const PortNumber = z.object({ number: z.number() });

export const ServiceEntry = z.object({
  metadata: Metadata,
  spec: z.object({
    hosts: z.array(z.string()).default([]),
    addresses: z.array(z.string()).default([]),
    exportTo: z.array(z.string()).default([]),
    resolution: z.string().default("NONE"),
    ports: z
      .array(
        z.object({
          number: z.number(),
          name: z.string().default(""),
          protocol: z.string().default("TCP"),
          targetPort: z.number().optional(),
        }),
      )
      .default([]),
    endpoints: z
      .array(z.object({ address: z.string(), ports: z.record(z.string(), z.number()).default({}) }))
      .default([]),
  }),
});

const StringMatch = z.object({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
});

const RouteDestination = z.array(
  z.object({
    destination: z.object({
      host: z.string(),
      subset: z.string().optional(),
      port: PortNumber.optional(),
    }),
  }),
);

const HttpMatch = z.object({
  uri: StringMatch.optional(),
  method: StringMatch.optional(),
  authority: StringMatch.optional(),
  headers: z.record(z.string(), StringMatch).default({}),
  withoutHeaders: z.record(z.string(), StringMatch).default({}),
  port: z.number().optional(),
  gateways: z.array(z.string()).optional(),
});

const HeaderEdit = z.object({
  set: Labels,
  add: Labels,
  remove: z.array(z.string()).default([]),
});

export const HttpRoute = z.object({
  name: z.string().default(""),
  match: z.array(HttpMatch).default([]),
  route: RouteDestination.default([]),
  rewrite: z.object({ authority: z.string().optional(), uri: z.string().optional() }).optional(),
  headers: z.object({ request: HeaderEdit.optional() }).optional(),
  directResponse: z.object({ status: z.number() }).optional(),
});

const StreamMatch = z.object({
  port: z.number().optional(),
  sniHosts: z.array(z.string()).default([]),
  gateways: z.array(z.string()).optional(),
});

export const StreamRoute = z.object({
  match: z.array(StreamMatch).default([]),
  route: RouteDestination.default([]),
});

export const VirtualService = z.object({
  metadata: Metadata,
  spec: z.object({
    hosts: z.array(z.string()).default([]),
    gateways: z.array(z.string()).default(["mesh"]),
    exportTo: z.array(z.string()).default([]),
    http: z.array(HttpRoute).default([]),
    tls: z.array(StreamRoute).default([]),
    tcp: z.array(StreamRoute).default([]),
  }),
});

const ClientTls = z.object({
  mode: z.string().default("DISABLE"),
  sni: z.string().optional(),
  subjectAltNames: z.array(z.string()).default([]),
});

const ConnectionPool = z.object({
  tcp: z.object({ connectTimeout: z.string().optional() }).optional(),
  http: z.object({ useClientProtocol: z.boolean().optional() }).optional(),
});

const PortPolicy = z.object({
  tls: ClientTls.optional(),
  connectionPool: ConnectionPool.optional(),
});

const TrafficPolicy = z.object({
  tls: ClientTls.optional(),
  connectionPool: ConnectionPool.optional(),
  portLevelSettings: z.array(PortPolicy.extend({ port: PortNumber })).default([]),
});

export const DestinationRule = z.object({
  metadata: Metadata,
  spec: z.object({
    host: z.string(),
    exportTo: z.array(z.string()).default([]),
    trafficPolicy: TrafficPolicy.optional(),
    subsets: z
      .array(z.object({ name: z.string(), trafficPolicy: TrafficPolicy.optional() }))
      .default([]),
  }),
});

const GatewayServer = z.object({
  port: z.object({ number: z.number(), protocol: z.string().default("TCP") }),
  hosts: z.array(z.string()).default([]),
  tls: z
    .object({
      mode: z.string().default("PASSTHROUGH"),
      subjectAltNames: z.array(z.string()).default([]),
    })
    .optional(),
});

export const Gateway = z.object({
  metadata: Metadata,
  spec: z.object({ selector: Labels, servers: z.array(GatewayServer).default([]) }),
});

export const Sidecar = z.object({
  metadata: Metadata,
  spec: z
    .object({
      workloadSelector: z.object({ labels: Labels }).optional(),
      egress: z
        .array(z.object({ port: z.object({ number: z.number() }).optional(), hosts: Names }))
        .optional(),
      outboundTrafficPolicy: z.object({ mode: z.string().optional() }).optional(),
    })
    .prefault({}),
});

export type ServiceEntry = z.infer<typeof ServiceEntry>;
export type HttpRoute = z.infer<typeof HttpRoute>;
export type HttpMatch = z.infer<typeof HttpMatch>;
export type StringMatch = z.infer<typeof StringMatch>;
export type StreamMatch = z.infer<typeof StreamMatch>;
export type StreamRoute = z.infer<typeof StreamRoute>;
export type VirtualService = z.infer<typeof VirtualService>;
export type TrafficPolicy = z.infer<typeof TrafficPolicy>;
export type ClientTls = z.infer<typeof ClientTls>;
export type DestinationRule = z.infer<typeof DestinationRule>;
export type Gateway = z.infer<typeof Gateway>;
export type GatewayServer = z.infer<typeof GatewayServer>;
export type Sidecar = z.infer<typeof Sidecar>;
