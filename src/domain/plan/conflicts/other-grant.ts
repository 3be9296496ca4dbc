import { endpoint, gatewayKey, type GatewayRef, type Grant } from "../../grant.ts";
import { listeningPort } from "../../network/modes/modes.ts";
import { overlaps } from "../../network/wildcard.ts";
import type { Refusal } from "../../outcome.ts";
import { sharesListener } from "../narrower.ts";
import { conflict, type ConflictInput, giverOf, giving, makingRoom } from "./conflict.ts";

/**
 * What apps of a namespace connect to, a host and a port, has one mode, one destination and one gateway: another would
 * silently take the first one's traffic.
 */
export function otherGrant(grant: Grant, { live, moves }: ConflictInput): readonly Refusal[] {
  return live
    .filter(
      (other) =>
        overlaps(other.destination.host, grant.destination.host) && sharesListener(other, grant),
    )
    .flatMap((other) => differing(grant, other, moves?.from));
}

function differing(
  grant: Grant,
  other: Grant,
  movesFrom: GatewayRef | undefined,
): readonly Refusal[] {
  const [wanted, given] = [grant.destination, other.destination];
  const [giver, room] = [giverOf(grant, other), makingRoom(grant, other)];
  const where = `of namespace ${grant.scope.namespace}`;
  if (given.mode !== wanted.mode) {
    const port = listeningPort(wanted);
    const what =
      port === given.port ? endpoint(given) : `${endpoint(given)}, on port ${port} in the app,`;
    return [
      conflict(grant, "OtherMode", {
        why: `${giving(grant, other, what)} in mode ${given.mode}, and one host and port has one mode in a namespace`,
        fix: `use mode ${given.mode}, or ${room}`,
      }),
    ];
  }
  // A wildcard and a host below it have each its own way: the host's own is taken.
  if (given.host !== wanted.host) return [];
  if (given.port !== wanted.port)
    return [
      conflict(grant, "OtherPort", {
        why: `${giver} leads port ${listeningPort(wanted)} of ${given.host} ${where} to port ${given.port}, and it can lead to one port alone`,
        fix: `use port ${given.port}, or ${room}`,
      }),
    ];
  if (given.via !== wanted.via)
    return [
      conflict(grant, "OtherVia", {
        why: `${giver} sends ${endpoint(given)} ${where} via ${given.via}, and one host and port goes one way in a namespace`,
        fix: `use via ${given.via}, or ${room}`,
      }),
    ];
  const from = [grant.gateway, ...(movesFrom === undefined ? [] : [movesFrom])].map(gatewayKey);
  if (from.includes(gatewayKey(other.gateway))) return [];
  return [
    conflict(grant, "OtherGateway", {
      why: `${giver} sends ${endpoint(given)} ${where} through gateway ${gatewayKey(other.gateway)}, and one host and port has one gateway in a namespace`,
      fix: `use that gateway, or ${room}`,
    }),
  ];
}
