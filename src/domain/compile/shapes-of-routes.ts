import { z } from "zod";
import {
  DoorName,
  HASH,
  Host,
  HostOrWildcard,
  IdentityRegex,
  Own,
  Port,
  Retries,
  UpstreamHost,
} from "./shape-words.ts";

function routeTo<Destination extends z.ZodType>(destination: Destination) {
  return z.tuple([z.strictObject({ destination })]);
}
const ToUpstream = routeTo(
  z.strictObject({ host: UpstreamHost, port: z.strictObject({ number: Port }) }),
);
function toGateway(subset: z.ZodType, port: number) {
  return routeTo(
    z.strictObject({ host: Host, subset, port: z.strictObject({ number: z.literal(port) }) }),
  );
}

const ToTunnel = toGateway(z.string().regex(new RegExp(`^t-${HASH}$`)), 443);

export const TunnelRoutes = z.strictObject({
  exportTo: Own,
  gateways: z.tuple([z.string().regex(/^[-a-z0-9]+\/[-a-z0-9]+$/)]),
  hosts: z.tuple([DoorName]),
  tcp: z.tuple([
    z.strictObject({
      match: z.tuple([z.strictObject({ port: z.literal(443) })]),
      route: ToUpstream,
    }),
  ]),
});
export const HttpRoute = z.strictObject({
  exportTo: Own,
  gateways: z.tuple([z.string().regex(/^[-a-z0-9]+\/[-a-z0-9]+-http$/)]),
  hosts: z.tuple([HostOrWildcard]),
  http: z.tuple([
    z.strictObject({
      name: z
        .string()
        .regex(
          new RegExp(
            String.raw`^r-${HASH}\.[-a-z0-9]{1,63}\.[-a-z0-9]{1,63}\.ns\.egress\.internal$`,
          ),
        ),
      match: z
        .array(
          z.strictObject({
            headers: z.strictObject({
              "x-egress-grant": z.strictObject({ exact: DoorName }),
              "x-forwarded-client-cert": z.strictObject({ regex: IdentityRegex }),
            }),
            uri: z
              .union([
                z.strictObject({ exact: z.string().startsWith("/") }),
                z.strictObject({ regex: z.string().startsWith("/") }),
              ])
              .optional(),
            method: z.strictObject({ exact: z.string().regex(/^[A-Z]+$/) }).optional(),
          }),
        )
        .min(1),
      retries: Retries,
      headers: z.strictObject({
        request: z.strictObject({ remove: z.array(z.string()).length(11) }),
      }),
      route: ToUpstream,
    }),
  ]),
});
export const ClientRoutes = z
  .strictObject({
    exportTo: Own,
    gateways: z.tuple([z.literal("mesh")]),
    hosts: z.tuple([HostOrWildcard]),
    http: z
      .array(
        z.strictObject({
          match: z.tuple([z.strictObject({ port: Port })]),
          retries: Retries,
          headers: z.strictObject({
            request: z.strictObject({ set: z.strictObject({ "x-egress-grant": DoorName }) }),
          }),
          route: toGateway(z.literal("http"), 80),
          rewrite: z.strictObject({ authority: z.string().min(1) }).optional(),
        }),
      )
      .min(1)
      .optional(),
    tls: z
      .array(
        z.strictObject({
          match: z.tuple([z.strictObject({ port: Port, sniHosts: z.tuple([HostOrWildcard]) })]),
          route: ToTunnel,
        }),
      )
      .min(1)
      .optional(),
    tcp: z
      .array(z.strictObject({ match: z.tuple([z.strictObject({ port: Port })]), route: ToTunnel }))
      .min(1)
      .optional(),
  })
  .refine(
    ({ http, tls, tcp }) => [http, tls, tcp].some((routes) => routes !== undefined),
    "routes nothing",
  );
