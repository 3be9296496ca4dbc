import type { Grant } from "../../grant.ts";
import { isWildcard } from "../../network/wildcard.ts";
import type { ConflictInput } from "./conflict.ts";

/** What is granted to some moves for all: the namespace has one route for a host. */
export function wholeNamespace(grant: Grant, { live }: ConflictInput): readonly string[] {
  const { host } = grant.destination;
  const known = live.some(
    ({ scope, destination }) =>
      scope.namespace === grant.scope.namespace && destination.host === host,
  );
  if (known) return [];
  const others =
    grant.scope.serviceAccounts.length === 0
      ? ""
      : `; other service accounts of the namespace are refused there`;
  return [
    `from now on ${isWildcard(host) ? `every host below ${host.slice(2)}` : host} goes through the gateway for every pod of namespace ${grant.scope.namespace}${others}`,
  ];
}
