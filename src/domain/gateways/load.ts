import { endpoint, gatewayKey, type Grant } from "../grant.ts";
import { modeOf } from "../network/modes/modes.ts";

/** Measured on a real gateway: its memory grows with tunnels times namespaces. */
export const TUNNEL_LIMIT = 300;
export const TUNNEL_NAMESPACE_LIMIT = 30_000;

/** What a gateway's memory grows with. */
export interface GatewayLoad {
  /** Doors that its grants pass by a server of their own; several grants may share one. */
  readonly tunnels: number;
  /** Namespaces mapped to it, or granted something through it. */
  readonly namespaces: number;
}

/** `gateway`: `namespace/name`. `mapped`: every namespace mapped to any gateway. */
export function gatewayLoad(
  gateway: string,
  grants: readonly Pick<Grant, "gateway" | "scope" | "destination">[],
  mapped: readonly { readonly namespace: string; readonly gateway: string }[],
): GatewayLoad {
  const mine = grants.filter((grant) => gatewayKey(grant.gateway) === gateway);
  const tunnels = mine
    .filter(({ destination }) => modeOf(destination).passes === "tunnel")
    .map(({ scope, destination }) => `${scope.namespace} ${endpoint(destination)}`);
  const namespaces = [
    ...mapped.filter((each) => each.gateway === gateway).map(({ namespace }) => namespace),
    ...mine.map(({ scope }) => scope.namespace),
  ];
  return { tunnels: new Set(tunnels).size, namespaces: new Set(namespaces).size };
}

/** How many tunnels a gateway may have that serves so many namespaces. */
export function tunnelLimit(namespaces: number): number {
  return Math.min(TUNNEL_LIMIT, Math.floor(TUNNEL_NAMESPACE_LIMIT / Math.max(namespaces, 1)));
}
