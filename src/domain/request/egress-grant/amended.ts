import { gatewayKey, type Grant, type Limits, type Scope } from "../../grant.ts";
import { limitsInclude } from "../../network/limits.ts";

/** Whether one may amend the other: one door of one team at one gateway, whatever passes there and until when. */
export function isOfSameDoor(one: Grant, other: Grant): boolean {
  return (
    one.cluster === other.cluster &&
    one.team === other.team &&
    one.scope.namespace === other.scope.namespace &&
    gatewayKey(one.gateway) === gatewayKey(other.gateway) &&
    one.destination.host === other.destination.host &&
    one.destination.port === other.destination.port &&
    one.destination.mode === other.destination.mode &&
    one.destination.via === other.destination.via
  );
}

/** What of a door may pass, and who may. */
export interface Passing {
  readonly scope: Scope;
  readonly destination: Limits;
}

/** Whether all that the one lets pass of a door the other one lets pass too. Never true where that is not so. */
export function letsPassAll(wide: Passing, narrow: Passing): boolean {
  return (
    includesScope(wide.scope, narrow.scope) && limitsInclude(wide.destination, narrow.destination)
  );
}

/** Whether everybody of the one is in the other. */
export function includesScope(wide: Scope, narrow: Scope): boolean {
  if (wide.namespace !== narrow.namespace) return false;
  if (wide.serviceAccounts.length === 0) return true;
  return (
    narrow.serviceAccounts.length > 0 &&
    narrow.serviceAccounts.every((account) => wide.serviceAccounts.includes(account))
  );
}
