import { describe, expect, it } from "@jest/globals";
import { parseJob, queueNameOf } from "#src/adapters/bullmq/job.ts";
import type { Job } from "#src/ports/store/job-queue.ts";

const requestId = "EG-7QK4M";
const JOBS: readonly Job[] = [
  { kind: "intake", id: "Ev1" },
  { kind: "plan", requestId },
  { kind: "admit", requestId },
  { kind: "verify", requestId },
  { kind: "notify", requestId },
  { kind: "gateways", cluster: "prod-1" },
  { kind: "gateways", cluster: "prod-2" },
  { kind: "mesh", cluster: "prod-1" },
  { kind: "mesh", cluster: "prod-2" },
  { kind: "sweep" },
];
const QUEUES = JOBS.map(queueNameOf);

describe("a queue", () => {
  it.each(QUEUES)("%s takes its own jobs alone", (queue) => {
    for (const job of JOBS)
      if (queueNameOf(job) === queue) expect(parseJob(queue, job)).toEqual(job);
      else expect(() => parseJob(queue, job)).toThrow(/lies in queue/);
  });

  it.each(["", "EG-7QK4", "eg-7qk4m", "EG-7QK4M:x", `EG-7QK4M\n`, "x".repeat(300)])(
    "takes none whose id is %j",
    (id) => {
      for (const kind of ["plan", "admit", "verify", "notify"])
        expect(() => parseJob(kind, { kind, requestId: id })).toThrow("reading a job");
    },
  );

  it.each(["", "x".repeat(300), 7, null])("takes none of %j", (id) => {
    expect(() => parseJob("intake", { kind: "intake", id })).toThrow("reading a job");
    expect(() => parseJob(`mesh-${id}`, { kind: "mesh", cluster: id })).toThrow("reading a job");
  });
});
