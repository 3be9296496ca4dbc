import { sameJson } from "../canonical.ts";
import type { GrantEvidence, StoredEvidence } from "../request/stored-evidence.ts";
import type { Evidence } from "./check.ts";

/** What is kept of the lines of one of several grants: ten of them have to fit into one stored request. Characters. */
const LINES_OF_EACH = 12_000;

/**
 * What is said of several grants: of each what was seen now, or else before, and of the request what holds of every one.
 * `open`: ids of those that did not end; of others only what they were at their end counts.
 */
export function wholeEvidence(
  seen: ReadonlyMap<string, Evidence>,
  of: {
    readonly open: readonly string[];
    readonly before: StoredEvidence | undefined;
    readonly at: number;
  },
): Pick<StoredEvidence, "checks" | "verdict" | "advisories" | "grants"> {
  const { open, before, at } = of;
  const grants: Record<string, GrantEvidence> = { ...before?.grants };
  for (const [id, evidence] of seen) grants[id] = { ...bounded(evidence), at };
  const standing = open.flatMap((id) => grants[id] ?? []);
  const isWhole = standing.length === open.length;
  return {
    checks: [],
    verdict: leastOf(standing, isWhole),
    advisories: [...new Set(standing.flatMap(({ advisories }) => advisories))],
    grants,
  };
}

function leastOf(standing: readonly GrantEvidence[], isWhole: boolean): Evidence["verdict"] {
  const verdicts = new Set(standing.map(({ verdict }) => verdict));
  if (!isWhole || verdicts.has("unproven")) return "unproven";
  return verdicts.has("advisory") ? "advisory" : "enforced";
}

function bounded({ checks, verdict, advisories, adoption }: Evidence): Evidence {
  let left = LINES_OF_EACH;
  const kept = checks.map((check) => {
    const lines = check.lines.filter((line) => {
      left -= line.length;
      return left >= 0;
    });
    return { ...check, lines };
  });
  return {
    checks: kept,
    verdict,
    advisories,
    ...(adoption === undefined ? {} : { adoption }),
  };
}

/** Whether people were told this already: the same verdicts of the same checks, of each grant. */
export function sameVerdicts(
  before: Pick<StoredEvidence, "checks" | "verdict" | "grants"> | undefined,
  after: Pick<StoredEvidence, "checks" | "verdict" | "grants">,
): boolean {
  return before !== undefined && sameJson(verdictsOf(before), verdictsOf(after));
}

function verdictsOf({
  checks,
  verdict,
  grants = {},
}: Pick<StoredEvidence, "checks" | "verdict" | "grants">): unknown {
  const each = Object.entries(grants).map(([id, evidence]) => [id, verdictsOf(evidence)]);
  return [verdict, checks.map((check) => [check.name, check.verdict]), ...each];
}

/** With what was seen of the refusal of one that ended. `isLast`: all have ended now. */
export function withGrantRemoval(
  evidence: StoredEvidence | undefined,
  removal: Evidence,
  of: { readonly grantId: string; readonly isLast: boolean; readonly at: number },
): StoredEvidence {
  const { grantId, isLast, at } = of;
  const before = evidence ?? { ...NOTHING, at };
  const known = before.grants?.[grantId] ?? { ...NOTHING, at };
  const grants = { ...before.grants, [grantId]: { ...known, removal: bounded(removal) } };
  return { ...before, grants, ...(isLast ? { removal: removalOfAll(grants) } : {}) };
}

const NOTHING = {
  checks: [],
  verdict: "unproven",
  advisories: [],
  serial: 0,
  egressIpPrefix: undefined,
} as const;

function removalOfAll(grants: Readonly<Record<string, GrantEvidence>>): Evidence {
  const removals = Object.values(grants).flatMap(({ removal }) => removal ?? []);
  return {
    checks: [],
    verdict: removals.every(({ verdict }) => verdict === "enforced") ? "enforced" : "advisory",
    advisories: [...new Set(removals.flatMap(({ advisories }) => advisories))],
  };
}
