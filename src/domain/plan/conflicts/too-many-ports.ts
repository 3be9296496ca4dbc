import { CLIENT_PORT_LIMIT } from "../../compile/objects/client-host.ts";
import type { Grant } from "../../grant.ts";
import { listeningPort } from "../../network/modes/modes.ts";
import type { Refusal } from "../../outcome.ts";
import { someOf } from "../../some-of.ts";
import { conflict, type ConflictInput } from "./conflict.ts";

/** A host of a namespace is one ServiceEntry, whose ports are limited. */
export function tooManyPorts(grant: Grant, { live }: ConflictInput): readonly Refusal[] {
  const { destination, scope } = grant;
  const same = live.filter(
    (other) =>
      other.scope.namespace === scope.namespace && other.destination.host === destination.host,
  );
  const ports = new Set(same.map((other) => listeningPort(other.destination)));
  if (ports.has(listeningPort(destination)) || ports.size < CLIENT_PORT_LIMIT) return [];
  const ids = [...new Set(same.map(({ id }) => id))].toSorted();
  return [
    conflict(grant, "TooManyPorts", {
      why: `namespace ${scope.namespace} has ${ports.size} ports of ${destination.host} already, by ${someOf(ids, 3)}, and Istio takes no more than ${CLIENT_PORT_LIMIT} of one host`,
      fix: `revoke a grant of ${destination.host} that is not needed any more, or ask for it in another namespace`,
    }),
  ];
}
