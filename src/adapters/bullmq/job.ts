import { z } from "zod";
import { FatalError } from "#src/ports/errors.ts";
import type { Job, JobKind } from "#src/ports/store/job-queue.ts";

const StoredJob = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("intake"), id: z.string() }),
  z.object({ kind: z.enum(["plan", "admit", "verify", "notify"]), requestId: z.string() }),
  z.object({ kind: z.enum(["gateways", "mesh"]), cluster: z.string() }),
  z.object({ kind: z.literal("sweep") }),
]);

/** @throws FatalError `BadJob` where what lies in Redis is no job of ours. */
export function parseJob(data: unknown): Job {
  const parsed = StoredJob.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new FatalError("BadJob", "reading a job", { cause: parsed.error });
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
