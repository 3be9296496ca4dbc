import type { RevisionPods } from "../gateways/seen-gateway.ts";
import { type Check, type CheckVerdict, type Evidence, NEEDED_CHECKS } from "../evidence/check.ts";
import { carriedBy, type Observed } from "../evidence/judge.ts";

/** Runs of the probe until each revision has carried one: with two pods of seven it misses the two once in twenty times. */
export const MOST_RUNS = 10;

/** What one run of the probe showed, or the scope's own traffic. */
export interface Run {
  readonly observed: Observed;
  readonly evidence: Evidence;
}

/** Revisions a gateway is to be proven for, one by one: those that carry traffic, while there are several. Sorted. */
export function revisionsToProve(deployments: readonly RevisionPods[]): readonly string[] {
  const serving = deployments.filter(({ available }) => available > 0);
  return serving.map(({ revision }) => revision).toSorted();
}

/** Those whose pods carried none of these runs. */
export function notSeen(revisions: readonly string[], runs: readonly Run[]): readonly string[] {
  if (revisions.length < 2) return [];
  const seen = new Set(runs.map(revisionThatCarried));
  return revisions.filter((revision) => !seen.has(revision));
}

/** Whether another run of the probe may show more: it gets through, and not every revision has carried one. */
export function wantsAnother(revisions: readonly string[], runs: readonly Run[]): boolean {
  const [first] = runs;
  return (
    first !== undefined &&
    first.observed.ownTraffic === undefined &&
    runs.length < MOST_RUNS &&
    ["reaches", "through-the-gateway"].every(
      (name) => checkOf(first.evidence, name)?.verdict === "passed",
    ) &&
    notSeen(revisions, runs).length > 0
  );
}

/**
 * What is said of a grant whose gateway has pods of several mesh revisions: it works by those that were seen to carry it,
 * and each that was not, or not well, is an advisory of its own. One that was seen both well and not is not well. Pure.
 */
export function judgeEachRevision(revisions: readonly string[], runs: readonly Run[]): Evidence {
  const [first] = runs;
  if (first === undefined) throw new TypeError("nothing was run");
  const { evidence } = runs.find((run) => isProven(run.evidence)) ?? first;
  if (revisions.length < 2 || !isProven(evidence)) return evidence;
  const more = revisions.flatMap((revision) => {
    const { verdict, why } = ofRevision(revision, runs);
    return verdict === "passed" ? [] : [why];
  });
  if (more.length === 0) return evidence;
  return { ...evidence, verdict: "advisory", advisories: [...evidence.advisories, ...more] };
}

function ofRevision(
  revision: string,
  runs: readonly Run[],
): { readonly verdict: CheckVerdict; readonly why: string } {
  const own = runs.filter((run) => revisionThatCarried(run) === revision);
  const bad = own.find(({ evidence }) => !isProven(evidence));
  if (bad !== undefined) {
    const check = bad.evidence.checks.find((each) => isNeeded(each) && each.verdict !== "passed");
    return {
      verdict: check?.verdict ?? "unknown",
      why: `through pods of gateway revision ${revision} it was not seen to work: ${check?.explanation ?? "nobody knows why"}`,
    };
  }
  if (own.length > 0) return { verdict: "passed", why: "" };
  const isOwn = runs.some(({ observed }) => observed.ownTraffic !== undefined);
  const what = isOwn ? "the traffic that proves it" : "the probe's connections";
  return {
    verdict: "unknown",
    why: `whether it works through pods of gateway revision ${revision} is unknown, as none of ${what} came to them; it is looked for again with the next verification`,
  };
}

function revisionThatCarried({ observed }: Run): string | undefined {
  const line = carriedBy(observed);
  return observed.gatewayPods.find(({ name }) => name === line?.pod)?.revision;
}

function isProven({ verdict }: Evidence): boolean {
  return verdict !== "unproven";
}

function isNeeded({ name }: Check): boolean {
  return NEEDED_CHECKS.includes(name);
}

function checkOf({ checks }: Evidence, name: string): Check | undefined {
  return checks.find((each) => each.name === name);
}
