import { type Door, doorId, doorName, routeId, routeName } from "../../compile/names.ts";
import { gatewayKey, type Grant, type Scope } from "../../grant.ts";
import { modeOf } from "../../network/modes/modes.ts";
import type { ObjectRef } from "../../kubernetes-object.ts";
import type { ProbedGrant } from "../check.ts";

/** Every namespace has it. https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts */
const DEFAULT_ACCOUNT = "default";

/** The account a grant's probe runs under. */
export function grantedAccount({ serviceAccounts: [first] }: Scope): string {
  return first ?? DEFAULT_ACCOUNT;
}

/** An account of the namespace that the scope leaves out; undefined where none is known to be there. */
export function otherAccount({ serviceAccounts }: Scope): string | undefined {
  return serviceAccounts.length === 0 || serviceAccounts.includes(DEFAULT_ACCOUNT)
    ? undefined
    : DEFAULT_ACCOUNT;
}

/**
 * What of a grant the logs are compared with, while `live` grants are open. Istio takes the oldest of the routes that
 * match, so where account lists overlap the probe may pass by another grant's route of the same door.
 */
export function probedGrant(grant: Grant, live: readonly Grant[]): ProbedGrant {
  const { destination, scope } = grant;
  const door = doorOf(grant);
  const routes = [grant, ...alsoLetting(grant, live, grantedAccount(scope))].map((each) =>
    routeName(doorOf(each), each.scope),
  );
  return { destination, scope, doorName: doorName(door), routeNames: [...new Set(routes)] };
}

/** Other live grants by which the account may pass the grant's door. */
export function alsoLetting(
  grant: Grant,
  live: readonly Grant[],
  account: string,
): readonly Grant[] {
  return onSameDoor(grant, live).filter(({ scope }) => covers(scope, account));
}

/**
 * The gateway's objects by which only this grant passes: they go with it. A tunnel is its door's, and stays while a live
 * grant is on that door; a route is its scope's.
 */
export function ownDoorObjects(grant: Grant, live: readonly Grant[]): readonly ObjectRef[] {
  const { destination, scope, gateway } = grant;
  const door = doorOf(grant);
  const others = onSameDoor(grant, live);
  if (modeOf(destination).passes === "tunnel") {
    const place = { namespace: gateway.namespace, name: doorId(door) };
    return others.length > 0
      ? []
      : [
          { kind: "Gateway", ...place },
          { kind: "VirtualService", ...place },
        ];
  }
  const name = routeId(door, scope);
  return others.some((other) => routeId(doorOf(other), other.scope) === name)
    ? []
    : [{ kind: "VirtualService", namespace: gateway.namespace, name }];
}

/** Live grants other than this one, on its door. */
export function onSameDoor(grant: Grant, live: readonly Grant[]): readonly Grant[] {
  return live.filter(
    (other) =>
      other.id !== grant.id &&
      gatewayKey(other.gateway) === gatewayKey(grant.gateway) &&
      doorName(doorOf(other)) === doorName(doorOf(grant)),
  );
}

function doorOf({ scope, destination }: Grant): Door {
  return { namespace: scope.namespace, destination };
}

export function covers({ serviceAccounts }: Scope, account: string): boolean {
  return serviceAccounts.length === 0 || serviceAccounts.includes(account);
}
