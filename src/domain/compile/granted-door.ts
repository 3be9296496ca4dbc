import type { GatewayFacts } from "../grant.ts";
import type { Door } from "./names.ts";

/** A door with the grants behind it, at its gateway. */
export interface GrantedDoor {
  readonly door: Door;
  readonly grantIds: readonly string[];
  readonly facts: GatewayFacts;
}

/** Of all their grants, each once, sorted. */
export function idsOf(doors: readonly GrantedDoor[]): readonly string[] {
  return [...new Set(doors.flatMap(({ grantIds }) => grantIds))].toSorted();
}
