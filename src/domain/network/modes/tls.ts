import { toTunnel } from "../../compile/objects/client-route.ts";
import { tunnel } from "../../compile/objects/tunnel.ts";
import type { Destination } from "../../grant.ts";
import type { ModeRules } from "./mode-rules.ts";

/** TLS from the app to the destination, passed through by the name in its handshake. */
export const tls: ModeRules = {
  passes: "tunnel",
  listener: ({ port }) => ({ port, protocol: "TLS" }),
  upstream,
  clientRoute: (door, facts) => ({
    kind: "tls",
    rule: toTunnel(door, facts, {
      port: door.destination.port,
      sniHosts: [door.destination.host],
    }),
  }),
  probes: ({ host, port }) => [{ speaks: "tls", host, port }],
  direct: ({ host, port }) => ({ speaks: "tls", host, port }),
  doorObjects: (facts, door, grants) => tunnel(facts, door, grants, upstream(door.destination)),
};

function upstream({ host, port, via }: Destination): ReturnType<ModeRules["upstream"]> {
  return { address: via ?? host, port, class: "tcp" };
}
