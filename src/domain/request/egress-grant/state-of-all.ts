import type { BoardEntry } from "../board.ts";

/** As far as the one that lags behind; those that ended count only where all have. */
const ORDER = ["applying", "verifying", "unproven", "active", "ending", "ended"] as const;

/** What a request is whose grants are these. */
export function stateOfAll(states: readonly BoardEntry["state"][]): BoardEntry["state"] {
  return ORDER.find((state) => states.includes(state)) ?? "ended";
}
