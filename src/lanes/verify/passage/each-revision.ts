import {
  judgeEachRevision,
  notSeen,
  type Run,
  wantsAnother,
} from "#src/domain/upgrades/each-revision.ts";
import type { Evidence } from "#src/domain/evidence/judge.ts";

/** Looks again until each mesh revision of the gateway was seen to carry the grant, within bounds. */
export async function provenForEach(
  revisions: readonly string[],
  {
    first,
    again,
    ofOwn,
  }: {
    readonly first: Run;
    /** Runs the probe once more; undefined where it could not run. */
    readonly again: () => Promise<Run | undefined>;
    /** The scope's own traffic through pods of this revision, where there is some. */
    readonly ofOwn: (revision: string) => Promise<Run>;
  },
): Promise<Evidence> {
  const runs = [first];
  while (wantsAnother(revisions, runs)) {
    const next = await again();
    if (next === undefined) break;
    runs.push(next);
  }
  if (first.observed.ownTraffic !== undefined)
    for (const revision of notSeen(revisions, runs)) runs.push(await ofOwn(revision));
  return judgeEachRevision(revisions, runs);
}
