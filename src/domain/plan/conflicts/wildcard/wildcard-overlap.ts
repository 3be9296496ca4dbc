import { endpoint, type Grant } from "../../../grant.ts";
import { isWildcard } from "../../../network/wildcard.ts";
import type { Refusal } from "../../../outcome.ts";
import { takesFrom } from "../../narrower.ts";
import { conflict, type ConflictInput } from "../conflict.ts";

/**
 * A wildcard and a host below it may be granted side by side in a namespace, where the host's own grant wins. Which of two
 * wildcards wins was not seen on a mesh; and what wins in a gateway's HTTP server would close another namespace's names.
 */
export function wildcardOverlap(grant: Grant, { live }: ConflictInput): readonly Refusal[] {
  return live
    .filter((other) => takesFrom(grant, other) || takesFrom(other, grant))
    .flatMap((other) => refusalOf(grant, other) ?? []);
}

function refusalOf(grant: Grant, other: Grant): Refusal | undefined {
  const there = `${other.id} grants ${endpoint(other.destination)} to namespace ${other.scope.namespace}`;
  if (isWildcard(grant.destination.host) && isWildcard(other.destination.host))
    return conflict(grant, "WildcardOverlap", {
      why: `${there}, and which of two wildcards a host of both goes by is not certain`,
      fix: `name the hosts, or revoke ${other.id} first`,
    });
  if (grant.scope.namespace === other.scope.namespace) return undefined;
  return conflict(grant, "WildcardOverlap", {
    why: `${there} by the same gateway, whose HTTP server knows of a wildcard and a host below it the host alone: one namespace would lose what the other is granted`,
    fix: `ask over tls, ask for the team to have another gateway, or revoke ${other.id} first`,
  });
}

/** What people should know before they approve: which of the two a host goes by. */
export function hostBesideWildcard(grant: Grant, { live }: ConflictInput): readonly string[] {
  const beside = live.filter(({ scope }) => scope.namespace === grant.scope.namespace);
  return beside.flatMap((other) => {
    const narrow = takesFrom(other, grant) ? other : takesFrom(grant, other) ? grant : undefined;
    if (narrow === undefined) return [];
    const { host } = narrow.destination;
    return narrow === other
      ? [
          `${host} goes by ${other.id}, which is for it alone, and not by this wildcard: whom and what ${other.id} does not let pass is refused there`,
        ]
      : [
          `${host} goes by this grant alone from now on, and no longer by ${other.id} (${endpoint(other.destination)}): whom and what this one does not let pass is refused there`,
        ];
  });
}
