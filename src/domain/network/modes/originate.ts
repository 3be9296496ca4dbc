import { toHttpServer } from "../../compile/objects/client-route.ts";
import { routes } from "../../compile/objects/route.ts";
import type { Destination } from "../../grant.ts";
import { httpRequests } from "./http-requests.ts";
import type { ModeRules } from "./mode-rules.ts";

/** What the app connects to. */
const APP_PORT = 80;

/**
 * The app speaks plain HTTP, and the gateway TLS to the destination, verifying its name by the system's authorities:
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway-tls-origination/
 */
export const originate: ModeRules = {
  passes: "route",
  listener: () => ({ port: APP_PORT, protocol: "HTTP" }),
  upstream,
  clientRoute: (door, facts) => ({
    kind: "http",
    rule: toHttpServer(door, facts, { port: APP_PORT, authority: authorityOf(door.destination) }),
  }),
  probes: (destination) => httpRequests(destination, APP_PORT),
  direct: ({ host, port }) => ({ speaks: "tls", host, port }),
  doorObjects: (facts, door, grants) => routes(facts, door, grants, upstream(door.destination)),
};

function upstream({ host, port }: Destination): ReturnType<ModeRules["upstream"]> {
  return { address: host, port, class: "https" };
}

/** As a client of the destination would write it: https://www.rfc-editor.org/rfc/rfc9110#section-4.2.2 */
function authorityOf({ host, port }: Destination): string {
  return port === 443 ? host : `${host}:${port}`;
}
