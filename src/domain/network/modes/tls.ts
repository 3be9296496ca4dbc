import { tunnelSubset } from "../../compile/names.ts";
import { tunnel } from "../../compile/objects/tunnel.ts";
import type { Destination } from "../../grant.ts";
import type { ModeRules } from "./mode-rules.ts";

/** TLS from the app to the destination, passed through by the name in its handshake. */
export const tls: ModeRules = {
  passes: "tunnel",
  listener: ({ port }) => ({ port, protocol: "TLS" }),
  upstream,
  clientRoute: (door, { serviceHost }) => ({
    kind: "tls",
    rule: {
      match: [{ port: door.destination.port, sniHosts: [door.destination.host] }],
      route: [
        { destination: { host: serviceHost, subset: tunnelSubset(door), port: { number: 443 } } },
      ],
    },
  }),
  doorObjects: (facts, door, grants) => tunnel(facts, door, grants, upstream(door.destination)),
};

function upstream({ host, port }: Destination): ReturnType<ModeRules["upstream"]> {
  return { address: host, port, class: "tcp" };
}
