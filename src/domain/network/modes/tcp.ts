import { toTunnel } from "../../compile/objects/client-route.ts";
import { tunnel } from "../../compile/objects/tunnel.ts";
import type { Destination } from "../../grant.ts";
import { protocolAt } from "./first-words.ts";
import type { ModeRules, ProbeRequest } from "./mode-rules.ts";

/** Bytes, whatever they say: known by the port alone where the mesh gives hosts no addresses of their own. */
export const tcp: ModeRules = {
  passes: "tunnel",
  listener: ({ port }) => ({ port, protocol: "TCP" }),
  upstream,
  clientRoute: (door, facts) => ({
    kind: "tcp",
    rule: toTunnel(door, facts, { port: door.destination.port }),
  }),
  probes: ({ host, port }) => [asked(host, port)],
  direct: ({ host, port }) => asked(host, port),
  doorObjects: (facts, door, grants) => tunnel(facts, door, grants, upstream(door.destination)),
};

function asked(host: string, port: number): ProbeRequest {
  const protocol = protocolAt(port);
  return { speaks: "tcp", host, port, ...(protocol === undefined ? {} : { protocol }) };
}

function upstream({ host, port }: Destination): ReturnType<ModeRules["upstream"]> {
  return { address: host, port, class: "tcp" };
}
