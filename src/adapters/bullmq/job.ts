import { z } from "zod";
import { RequestId } from "#src/domain/request/shapes.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Job, JobKind } from "#src/ports/store/job-queue.ts";

const StoredJob = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("intake"), id: z.string().min(1).max(256) }),
  z.object({ kind: z.enum(["plan", "admit", "verify", "notify"]), requestId: RequestId }),
  z.object({ kind: z.enum(["gateways", "mesh"]), cluster: z.string().min(1).max(63) }),
  z.object({ kind: z.literal("sweep") }),
]);

/**
 * The job that lies in the queue of this name: each takes its own kind alone, since how many run at once is said by queue.
 * @throws FatalError `BadJob` where it is no job of ours, or another queue's.
 */
export function parseJob(queue: string, data: unknown): Job {
  const parsed = StoredJob.safeParse(data);
  if (!parsed.success) throw new FatalError("BadJob", "reading a job", { cause: parsed.error });
  if (queueNameOf(parsed.data) !== queue)
    throw new FatalError(
      "BadJob",
      `reading a job: a ${parsed.data.kind} job lies in queue ${queue}`,
    );
  return parsed.data;
}

/** Lanes have a queue for each cluster, so that one cluster never waits for another. */
export function queueName(kind: JobKind, cluster: string | undefined): string {
  return cluster === undefined ? kind : `${kind}-${cluster}`;
}

export function queueNameOf(job: Job): string {
  return queueName(job.kind, "cluster" in job ? job.cluster : undefined);
}

/** Jobs with the same id in the same queue are one job. */
export function deduplicationId(job: Job): string {
  if ("requestId" in job) return job.requestId;
  if ("cluster" in job) return job.cluster;
  return job.kind === "intake" ? job.id : job.kind;
}
