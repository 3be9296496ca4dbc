import { Survey, type Surveyed, surveyKey } from "#src/domain/survey/survey.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";

/** @throws RetryableError where the store does not answer. */
export async function readSurvey(
  ports: {
    readonly boards: Pick<LaneStore, "read">;
    readonly clock: Clock;
    readonly config: { readonly timing: { readonly sweepMs: number } };
  },
  cluster: string,
): Promise<Surveyed> {
  const survey = Survey.safeParse(await ports.boards.read(surveyKey(cluster))).data;
  return {
    survey: survey?.cluster === cluster ? survey : undefined,
    now: ports.clock.now(),
    sweepMs: ports.config.timing.sweepMs,
  };
}
