import { gatewayLoad, TUNNEL_LIMIT, TUNNEL_NAMESPACE_LIMIT } from "../../gateways/load.ts";
import { gatewayKey, type Grant } from "../../grant.ts";
import { modeOf } from "../../network/modes/modes.ts";
import type { Refusal } from "../../outcome.ts";
import { conflict, type ConflictInput } from "./conflict.ts";

export function gatewayFull(grant: Grant, input: ConflictInput): readonly Refusal[] {
  if (modeOf(grant.destination).passes !== "tunnel") return [];
  const key = gatewayKey(grant.gateway);
  const { tunnels, namespaces } = gatewayLoad(key, [...input.live, grant], input.namespaces);
  if (tunnels <= TUNNEL_LIMIT && tunnels * namespaces <= TUNNEL_NAMESPACE_LIMIT) return [];
  return [
    conflict(grant, "GatewayFull", {
      why: `gateway ${key} would have ${tunnels} tunnels for ${namespaces} namespaces, and its limit is ${TUNNEL_LIMIT} tunnels and ${TUNNEL_NAMESPACE_LIMIT} tunnels times namespaces`,
      fix: "map the team to another gateway",
    }),
  ];
}
