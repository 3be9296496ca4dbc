import { endpoint, gatewayKey, type Grant } from "../../grant.ts";
import { requestIdOf } from "../../request/grant-id.ts";
import { sharesListener } from "../narrower.ts";
import type { ConflictInput } from "./conflict.ts";

/** Apps of a namespace reach one host and port by one gateway: who shares them moves together, or nobody does. */
export function movesTogether(grant: Grant, { live, moves }: ConflictInput): readonly string[] {
  if (moves === undefined) return [];
  const sharing = live.filter(
    (other) =>
      requestIdOf(other.id) !== moves.request &&
      gatewayKey(other.gateway) === gatewayKey(moves.from) &&
      other.destination.host === grant.destination.host &&
      sharesListener(other, grant),
  );
  if (sharing.length === 0) return [];
  const ids = sharing.map(({ id }) => id).join(", ");
  return [
    `it takes over once ${ids}, which ${sharing.length === 1 ? "has" : "have"} ${endpoint(grant.destination)} too, moved as well or ended`,
  ];
}
