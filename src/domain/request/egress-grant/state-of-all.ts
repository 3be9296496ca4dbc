import type { BoardEntry } from "../board.ts";

/** As far as the one that lags behind; those that ended count only where all have. */
const ORDER = ["applying", "verifying", "unproven", "active", "ending", "ended"] as const;

/** What a request is whose grants are these. */
export function stateOfAll(states: readonly BoardEntry["state"][]): BoardEntry["state"] {
  return ORDER.find((state) => states.includes(state)) ?? "ended";
}

/** As far as the one that lags behind; until the first of those that go on ends. */
export function wholeEntry(entries: readonly BoardEntry[]): BoardEntry | undefined {
  if (entries.length === 0) return undefined;
  const state = stateOfAll(entries.map((each) => each.state));
  const [first] = entries
    .filter((each) => each.state === state)
    .toSorted((one, other) => one.endsAt - other.endsAt);
  return first;
}
