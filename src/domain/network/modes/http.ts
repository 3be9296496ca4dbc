import { toHttpServer } from "../../compile/objects/client-route.ts";
import { routes } from "../../compile/objects/route.ts";
import type { Destination } from "../../grant.ts";
import { isWildcard } from "../wildcard.ts";
import { httpRequests } from "./http-requests.ts";
import type { ModeRules } from "./mode-rules.ts";

/** Plain HTTP, routed by the gateway. */
export const http: ModeRules = {
  passes: "route",
  listener: ({ port }) => ({ port, protocol: "HTTP" }),
  upstream,
  clientRoute: (door, facts) => ({
    kind: "http",
    rule: toHttpServer(door, facts, {
      port: door.destination.port,
      authority: authorityOf(door.destination),
    }),
  }),
  probes: (destination) => httpRequests(destination, destination.port),
  direct: ({ host, port }) => ({ speaks: "http", host, port }),
  doorObjects: (facts, door, grants) => routes(facts, door, grants, upstream(door.destination)),
};

function upstream({ host, port, via }: Destination): ReturnType<ModeRules["upstream"]> {
  return { address: via ?? host, port, class: "http" };
}

function authorityOf({ host, port }: Destination): string | undefined {
  if (isWildcard(host)) return undefined;
  return port === 80 ? host : `${host}:${port}`;
}
