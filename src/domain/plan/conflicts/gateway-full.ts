import { endpoint, gatewayKey, type Grant } from "../../grant.ts";
import { modeOf } from "../../network/modes/modes.ts";
import type { Refusal } from "../../outcome.ts";
import { conflict, type ConflictInput } from "./conflict.ts";

/** Measured on a real gateway: its memory grows with tunnels times namespaces. */
const TUNNEL_LIMIT = 300;
const TUNNEL_NAMESPACE_LIMIT = 30_000;

export function gatewayFull(grant: Grant, input: ConflictInput): readonly Refusal[] {
  if (modeOf(grant.destination).passes !== "tunnel") return [];
  const key = gatewayKey(grant.gateway);
  const all = [...input.live, grant].filter(({ gateway }) => gatewayKey(gateway) === key);
  const tunnels = new Set(
    all
      .filter(({ destination }) => modeOf(destination).passes === "tunnel")
      .map(({ scope, destination }) => `${scope.namespace} ${endpoint(destination)}`),
  ).size;
  const namespaces = new Set([
    ...input.namespaces.filter(({ gateway }) => gateway === key).map(({ namespace }) => namespace),
    ...all.map(({ scope }) => scope.namespace),
  ]).size;
  if (tunnels <= TUNNEL_LIMIT && tunnels * namespaces <= TUNNEL_NAMESPACE_LIMIT) return [];
  return [
    conflict(grant, "GatewayFull", {
      why: `gateway ${key} would have ${tunnels} tunnels for ${namespaces} namespaces, and its limit is ${TUNNEL_LIMIT} tunnels and ${TUNNEL_NAMESPACE_LIMIT} tunnels times namespaces`,
      fix: "map the team to another gateway",
    }),
  ];
}
