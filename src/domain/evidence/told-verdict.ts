import { digest } from "../canonical.ts";
import type { StoredEvidence } from "../request/stored-evidence.ts";
import type { Evidence } from "./check.ts";

/** A verdict as people are told of it. */
export interface SaidVerdict {
  /** Digest of what counts as another verdict. */
  readonly verdicts: string;
  readonly verdict: Evidence["verdict"];
  /** In words, as they stood when it was told. */
  readonly words: string;
}

/** One line that told of a change. */
export interface ToldLine {
  /** When the verdict changed, epoch ms. */
  readonly at: number;
  /** The verdict before, as a digest. */
  readonly before: string;
  readonly words: string;
  /** When the verdict before was back, where that was soon: the same line says so. */
  readonly backAt?: number;
  readonly backWords?: string;
}

/** The verdict people know of a request, and the newest line that told of a change. */
export interface Told {
  readonly verdicts: string;
  readonly verdict: Evidence["verdict"];
  readonly line?: ToldLine;
}

const RANKS: Readonly<Record<Evidence["verdict"], number>> = {
  unproven: 0,
  advisory: 1,
  enforced: 2,
};

/**
 * What people are told once the verdict is `now`. The first verdict is the result's to tell. A change is one line; where
 * the verdict before is back within the settling time, the same line says so, and nobody is called again. Only what got
 * better is told by such an edit: what got worse always has a line of its own.
 */
export function tellVerdict(
  told: Told | undefined,
  { verdicts, verdict, words }: SaidVerdict,
  { at, settleMs }: { readonly at: number; readonly settleMs: number },
): Told {
  if (told === undefined) return { verdicts, verdict };
  if (told.verdicts === verdicts) return told;
  const { line } = told;
  const isBack =
    line !== undefined &&
    line.backAt === undefined &&
    line.before === verdicts &&
    at - line.at < settleMs &&
    RANKS[verdict] >= RANKS[told.verdict];
  return {
    verdicts,
    verdict,
    line: isBack ? { ...line, backAt: at, backWords: words } : { at, before: told.verdicts, words },
  };
}

/**
 * Equal for two verdicts that are the same to people: of one that is not enforced also by which checks, since another
 * gap is news. Why something is unproven changes from try to try, and stands in the result.
 */
export function verdictsOf({
  verdict,
  checks,
  grants = {},
}: Pick<StoredEvidence, "verdict" | "checks" | "grants">): string {
  const each = Object.entries(grants).map(([id, seen]) => [id, gapsOf(seen)] as const);
  return digest({ whole: gapsOf({ verdict, checks }), each: Object.fromEntries(each) });
}

function gapsOf({ verdict, checks }: Pick<Evidence, "verdict" | "checks">): object {
  const open = checks.filter((check) => check.verdict !== "passed");
  return {
    verdict,
    open: verdict === "advisory" ? open.map((check) => `${check.name} ${check.verdict}`) : [],
  };
}
