import type { Names } from "#src/domain/grammar/names.ts";

/** A Thursday. */
export const NOW = Date.parse("2026-11-26T10:00:00Z");

/** What the grammar knows of an installation with three teams and two clusters. */
export const NAMES: Names = {
  team: "team-x",
  cluster: "prod",
  teams: [
    { name: "team-x", channel: "C0TEAMX", userGroup: "S0TEAMX" },
    { name: "team-y", channel: "C0TEAMY", userGroup: undefined },
    { name: "payments", channel: undefined, userGroup: "S0PAY" },
  ],
  clusters: ["prod", "staging"],
  now: NOW,
  maxMs: 365 * 86_400_000,
};
