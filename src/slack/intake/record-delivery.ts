import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Intake, IntakeItem } from "#src/ports/chat/intake.ts";
import type { JobQueue } from "#src/ports/store/job-queue.ts";

/** Stores what a person did before it is acknowledged, and has it handled; false where it could not be stored. */
export async function recordDelivery(
  {
    intake,
    queue,
    log,
  }: {
    readonly intake: Pick<Intake, "record">;
    readonly queue: Pick<JobQueue, "add">;
    readonly log: ChangeLog;
  },
  item: IntakeItem,
): Promise<boolean> {
  try {
    await intake.record(item);
  } catch (error) {
    log.warn({ intakeId: item.id, reason: error }, "what Slack delivered could not be stored");
    return false;
  }
  try {
    await queue.add({ kind: "intake", id: item.id });
  } catch (error) {
    // It is stored: the next look at what is pending finds it.
    log.warn({ intakeId: item.id, reason: error }, "a stored delivery waits for the next look");
  }
  return true;
}
