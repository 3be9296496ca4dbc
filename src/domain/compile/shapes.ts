import { z } from "zod";
import { ISTIO_LOG_PROVIDER, OWN_LOG_PROVIDER } from "./names.ts";
import { CLIENT_PORT_LIMIT } from "./objects/client-host.ts";
import {
  AnnotatedMetadata,
  DoorName,
  HASH,
  Host,
  HostOrWildcard,
  HttpPool,
  Label,
  Metadata,
  Own,
  Pods,
  Port,
  Selector,
  SpiffeId,
  TcpPool,
  UpstreamHost,
} from "./shape-words.ts";
import { ClientRoutes, HttpRoute, TunnelRoutes } from "./shapes-of-routes.ts";

const HttpServer = z.strictObject({
  port: z.strictObject({
    number: z.literal(80),
    name: z.literal("https-mtls"),
    protocol: z.literal("HTTPS"),
  }),
  tls: z.strictObject({ mode: z.literal("ISTIO_MUTUAL") }),
  hosts: z.tuple([z.literal("./*")]),
});
const TunnelServer = z.strictObject({
  port: z.strictObject({
    number: z.literal(443),
    name: z.string().regex(new RegExp(`^tls-${HASH}$`)),
    protocol: z.literal("TLS"),
  }),
  tls: z.strictObject({
    mode: z.literal("ISTIO_MUTUAL"),
    // Absent lets the namespace in; empty would too, without anybody having meant it.
    subjectAltNames: z.array(SpiffeId).min(1).optional(),
  }),
  hosts: z.tuple([
    z.string().regex(/^\.\/[-a-z0-9]{1,63}\.[-a-z0-9]{1,63}\.ns\.egress\.internal$/),
  ]),
});

const PolicyRule = z.strictObject({
  from: z.tuple([z.strictObject({ source: z.strictObject({ namespaces: z.tuple([Label]) }) })]),
  when: z.tuple([
    z.strictObject({
      key: z.enum(["connection.sni", "request.headers[x-egress-grant]"]),
      values: z.tuple([z.string().regex(/^\*\.[-a-z0-9]{1,63}\.ns\.egress\.internal$/)]),
    }),
  ]),
});

const UpstreamPort = z.union([
  z.strictObject({ number: Port, name: z.literal("http"), protocol: z.literal("HTTP") }),
  z.strictObject({ number: Port, name: z.literal("tcp"), protocol: z.literal("TCP") }),
]);
const ClientPort = z.union([
  z.strictObject({
    number: Port,
    name: z.string().regex(/^http-\d+$/),
    protocol: z.literal("HTTP"),
  }),
  z.strictObject({ number: Port, name: z.string().regex(/^tls-\d+$/), protocol: z.literal("TLS") }),
  z.strictObject({ number: Port, name: z.string().regex(/^tcp-\d+$/), protocol: z.literal("TCP") }),
]);
const ClientPorts = z
  .array(ClientPort)
  .min(1)
  .max(CLIENT_PORT_LIMIT)
  .refine(
    (ports) => new Set(ports.map(({ number }) => number)).size === ports.length,
    "a port has one mode",
  );
const External = { exportTo: Own, location: z.literal("MESH_EXTERNAL") };

const Subset = z.strictObject({
  name: z.string().regex(new RegExp(`^(http|t-${HASH})$`)),
  trafficPolicy: z.strictObject({
    portLevelSettings: z.tuple([
      z.strictObject({
        port: z.strictObject({ number: z.union([z.literal(80), z.literal(443)]) }),
        connectionPool: z.strictObject({ http: HttpPool.optional(), tcp: TcpPool }),
        tls: z.strictObject({
          mode: z.literal("ISTIO_MUTUAL"),
          sni: z.union([DoorName, z.literal("http.egress.internal")]),
          subjectAltNames: z.tuple([SpiffeId]),
        }),
      }),
    ]),
  }),
});

const Networking = { apiVersion: z.literal("networking.istio.io/v1") };

/**
 * Parses any object of `compile`, and throws `ZodError` on every other.
 * The exact shape of every object the compiler makes: narrower than Istio's own schemas, which also take what would open
 * a door. An empty list of accounts, a client entry with endpoints or a second server in a Gateway is no valid object here.
 * https://istio.io/latest/docs/reference/config/networking/
 */
export const CompiledObject = z.union([
  z.strictObject({
    ...Networking,
    kind: z.literal("Gateway"),
    metadata: Metadata,
    spec: z.strictObject({ selector: Selector, servers: z.tuple([HttpServer]) }),
  }),
  z.strictObject({
    ...Networking,
    kind: z.literal("Gateway"),
    metadata: AnnotatedMetadata,
    spec: z.strictObject({ selector: Selector, servers: z.tuple([TunnelServer]) }),
  }),
  z.strictObject({
    apiVersion: z.literal("security.istio.io/v1"),
    kind: z.literal("AuthorizationPolicy"),
    metadata: Metadata,
    spec: z.union([
      z.strictObject({ selector: Pods }),
      z.strictObject({
        selector: Pods,
        action: z.literal("ALLOW"),
        rules: z.tuple([PolicyRule, PolicyRule]),
      }),
    ]),
  }),
  z.strictObject({
    apiVersion: z.literal("telemetry.istio.io/v1"),
    kind: z.literal("Telemetry"),
    metadata: Metadata,
    spec: z.strictObject({
      selector: Pods,
      accessLogging: z.tuple([
        z.strictObject({
          providers: z.tuple([
            z.strictObject({ name: z.enum([ISTIO_LOG_PROVIDER, OWN_LOG_PROVIDER]) }),
          ]),
        }),
      ]),
    }),
  }),
  z.strictObject({
    ...Networking,
    kind: z.literal("ServiceEntry"),
    metadata: Metadata,
    spec: z.union([
      z.strictObject({
        ...External,
        hosts: z.tuple([UpstreamHost]),
        resolution: z.literal("DNS"),
        ports: z.tuple([UpstreamPort]),
        endpoints: z.tuple([z.strictObject({ address: Host })]),
      }),
      z.strictObject({
        ...External,
        hosts: z.tuple([HostOrWildcard]),
        // With endpoints, or resolved, traffic that finds no VirtualService would leave past the gateway.
        resolution: z.literal("STATIC"),
        ports: ClientPorts,
      }),
    ]),
  }),
  z.strictObject({
    ...Networking,
    kind: z.literal("DestinationRule"),
    metadata: Metadata,
    spec: z.union([
      z.strictObject({
        exportTo: Own,
        host: UpstreamHost,
        trafficPolicy: z.strictObject({
          connectionPool: z.strictObject({ http: HttpPool.optional(), tcp: TcpPool }),
          // Without the names any certificate would do.
          tls: z
            .strictObject({
              mode: z.literal("SIMPLE"),
              sni: Host,
              subjectAltNames: z.tuple([Host]),
            })
            .refine(({ sni, subjectAltNames }) => sni === subjectAltNames[0], "another name")
            .optional(),
        }),
      }),
      z.strictObject({ exportTo: Own, host: Host, subsets: z.array(Subset).min(1) }),
    ]),
  }),
  z.strictObject({
    ...Networking,
    kind: z.literal("VirtualService"),
    metadata: AnnotatedMetadata,
    spec: HttpRoute,
  }),
  z.strictObject({
    ...Networking,
    kind: z.literal("VirtualService"),
    metadata: Metadata,
    spec: z.union([TunnelRoutes, ClientRoutes]),
  }),
]);
