import type { GatewayFacts } from "../../grant.ts";
import { RETRIES } from "../mesh-words.ts";
import { type Door, doorName, GRANT_HEADER, tunnelSubset } from "../names.ts";

/**
 * From the app's sidecar to the gateway's HTTP server: names the door in a header, and the authority as the destination
 * knows it, however the app wrote it. Of a wildcard the app's own stays.
 */
export function toHttpServer(
  door: Door,
  { serviceHost }: GatewayFacts,
  { port, authority }: { readonly port: number; readonly authority: string | undefined },
): unknown {
  return {
    match: [{ port }],
    retries: RETRIES,
    headers: { request: { set: { [GRANT_HEADER]: doorName(door) } } },
    route: [{ destination: { host: serviceHost, subset: "http", port: { number: 80 } } }],
    ...(authority === undefined ? {} : { rewrite: { authority } }),
  };
}

/** From the app's sidecar to the door's own server. */
export function toTunnel(
  door: Door,
  { serviceHost }: GatewayFacts,
  match: { readonly port: number; readonly sniHosts?: readonly string[] },
): unknown {
  return {
    match: [match],
    route: [
      { destination: { host: serviceHost, subset: tunnelSubset(door), port: { number: 443 } } },
    ],
  };
}
