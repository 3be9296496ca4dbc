import { gatewayKey, type Grant } from "../grant.ts";
import { listeningPort, modeOf } from "../network/modes/modes.ts";
import { includes } from "../network/wildcard.ts";

/**
 * Whether a grant takes names from a wildcard's: of two that have a name, a sidecar knows the narrower alone on one port of
 * one namespace, and a gateway's HTTP server, which all namespaces and ports share, whatever it then lets pass.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost ,
 * seen on a mesh of a host and a wildcard.
 */
export function takesFrom(narrow: Grant, wide: Grant): boolean {
  const { host } = wide.destination;
  if (narrow.destination.host === host || !includes(host, narrow.destination.host)) return false;
  return sharesListener(narrow, wide) || sharesHttpServer(narrow, wide);
}

export function sharesListener(one: Grant, other: Grant): boolean {
  return (
    one.scope.namespace === other.scope.namespace &&
    listeningPort(one.destination) === listeningPort(other.destination)
  );
}

function sharesHttpServer(one: Grant, other: Grant): boolean {
  return (
    gatewayKey(one.gateway) === gatewayKey(other.gateway) &&
    [one, other].every(({ destination }) => modeOf(destination).passes === "route")
  );
}
