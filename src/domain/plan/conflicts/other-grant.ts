import { endpoint, gatewayKey, type Grant } from "../../grant.ts";
import type { Refusal } from "../../outcome.ts";
import { conflict, type ConflictInput } from "./conflict.ts";

/** One (host, port) of a namespace has one mode and one gateway: another would silently take the first one's traffic. */
export function otherGrant(grant: Grant, { live }: ConflictInput): readonly Refusal[] {
  const { destination, scope } = grant;
  const same = live.filter(
    (other) =>
      other.scope.namespace === scope.namespace &&
      other.destination.host === destination.host &&
      other.destination.port === destination.port,
  );
  return same.flatMap((other) => {
    if (other.destination.mode !== destination.mode) {
      return [
        conflict(grant, "OtherMode", {
          why: `${other.id} grants ${endpoint(destination)} to namespace ${scope.namespace} in mode ${other.destination.mode}, and one host and port has one mode in a namespace`,
          fix: `use mode ${other.destination.mode}, or revoke ${other.id} first`,
        }),
      ];
    }
    if (gatewayKey(other.gateway) === gatewayKey(grant.gateway)) return [];
    return [
      conflict(grant, "OtherGateway", {
        why: `${other.id} sends ${endpoint(destination)} of namespace ${scope.namespace} through gateway ${gatewayKey(other.gateway)}, and one host and port has one gateway in a namespace`,
        fix: `use that gateway, or revoke ${other.id} first`,
      }),
    ];
  });
}
