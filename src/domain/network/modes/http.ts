import type { Door } from "../../compile/names.ts";
import { doorName, GRANT_HEADER } from "../../compile/names.ts";
import { RETRIES } from "../../compile/mesh-words.ts";
import { routes } from "../../compile/objects/route.ts";
import type { Destination, GatewayFacts } from "../../grant.ts";
import type { ModeRules } from "./mode-rules.ts";

/** Plain HTTP, routed by the gateway. */
export const http: ModeRules = {
  passes: "route",
  listener: ({ port }) => ({ port, protocol: "HTTP" }),
  upstream,
  clientRoute: (door, facts) => ({ kind: "http", rule: clientRoute(door, facts) }),
  doorObjects: (facts, door, grants) => routes(facts, door, grants, upstream(door.destination)),
};

function upstream({ host, port }: Destination): ReturnType<ModeRules["upstream"]> {
  return { address: host, port, class: "http" };
}

/** Names the door in a header, and the authority as the destination knows it, however the app wrote it. */
function clientRoute(door: Door, { serviceHost }: GatewayFacts): unknown {
  const { host, port } = door.destination;
  return {
    match: [{ port }],
    retries: RETRIES,
    headers: { request: { set: { [GRANT_HEADER]: doorName(door) } } },
    route: [{ destination: { host: serviceHost, subset: "http", port: { number: 80 } } }],
    rewrite: { authority: port === 80 ? host : `${host}:${port}` },
  };
}
