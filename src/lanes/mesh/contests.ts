import type { Change } from "#src/domain/plan/changes.ts";
import {
  judgeContests,
  type Judging,
  lostBefore,
  withWritten,
  Writes,
} from "#src/domain/plan/contests/contest.ts";
import { type MeshPlanner, meshPlanner } from "#src/domain/plan/mesh-plan.ts";
import {
  buildableOf,
  type FailedObject,
  failures,
  type Situation,
  suspending,
} from "#src/domain/plan/situation.ts";
import { RETRY_ANNOTATION } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { writes } from "./mesh-changes.ts";

/** What one run does about others that undo what it writes. */
export interface Contests {
  /** In which what is contested too long is closed. */
  readonly situation: Situation;
  readonly plan: MeshPlanner;
  /** Contested too long. */
  readonly lost: readonly FailedObject[];
  /** What has to wait as skipped. */
  readonly held: (changes: readonly Change[]) => readonly Change[];
  /** When something that waits is tried. Epoch ms. */
  readonly nextAt: number | undefined;
  readonly remember: (carriedOut: readonly Change[]) => Promise<void>;
}

export async function judgeOthers(
  { memory, clock, timing }: Pick<LanePorts, "memory" | "clock" | "timing">,
  whole: Situation,
): Promise<Contests> {
  const key = writesKey(whole.cluster);
  const judging: Judging = {
    before: Writes.safeParse(await memory.read(key)).data ?? {},
    now: clock.now(),
    pauseMs: timing.contestPauseMs,
    asked: (need) => askedIn(whole, need),
  };
  const { lost: known } = lostBefore(judging);
  const first = suspending(whole, known);
  const firstPlan = meshPlanner(first);
  const { lost, after, nextAt } = judgeContests(
    firstPlan(buildableOf(first, known)).changes,
    judging,
  );
  const situation = suspending(whole, lost);
  const isSame = situation.suspended?.size === first.suspended?.size;
  return {
    situation,
    plan: isSame ? firstPlan : meshPlanner(situation),
    lost,
    nextAt,
    held: (changes) => judgeContests(changes, { ...judging, before: after }).changes,
    remember: (carriedOut) =>
      memory.write(key, withWritten(after, carriedOut.filter(writes), judging)),
  };
}

export function writesKey(cluster: string): string {
  return `written:${cluster}`;
}

function askedIn({ open }: Situation, need: Pick<FailedObject, "grantIds" | "gateway">): string {
  const failureOf = failures([{ subject: "", why: "", ...need }]);
  return open
    .filter(({ grant }) => failureOf(grant) !== undefined)
    .flatMap(({ object }) => object.metadata.annotations?.[RETRY_ANNOTATION] ?? [])
    .toSorted()
    .join();
}
