import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { Job } from "#src/ports/job-queue.ts";
import type { Heartbeats } from "#src/ports/heartbeats.ts";
import type { Intake } from "#src/ports/intake.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { listenToBot } from "./listen-to-bot.ts";
import { transition } from "#src/requests/transition.ts";

export interface SweepPorts extends LanePorts {
  readonly intake: Intake;
  readonly heartbeats: Pick<Heartbeats, "newest">;
  /** A request nobody decides ends after this. Milliseconds. */
  readonly pendingForMs: number;
}

/** Messages of a request that changed this recently are painted again, in case the job was lost. */
const REPAINT_FOR_MS = 3_600_000;

/**
 * Every minute: what time alone brings about (ends, stale requests, another verification, drift), and the jobs that
 * were lost between a write and the queue. Everything it adds is harmless to run twice.
 */
export async function sweep(ports: SweepPorts): Promise<void> {
  for (const id of await ports.intake.pending()) await ports.queue.ensure({ kind: "intake", id });
  for (const record of await ports.store.list({})) await sweepRequest(ports, record);
  for (const { name } of ports.directory.clusters)
    await ports.queue.ensure({ kind: "mesh", cluster: name });
  await listenToBot(ports);
}

async function sweepRequest(ports: SweepPorts, record: RequestRecord): Promise<void> {
  const now = ports.clock.now();
  if (now - record.since < REPAINT_FOR_MS)
    await ports.queue.ensure({ kind: "notify", requestId: record.id });
  const next = JOBS[record.state]?.(record);
  if (next !== undefined) await ports.queue.ensure(next);
  if (isUndecided(record)) await lapseStale(ports, record);
  if (record.state === "active") await sweepActive(ports, record);
}

/** What takes a request further, by its state; `ending` is the mesh lane's, which each sweep adds. */
const JOBS: Readonly<Partial<Record<RequestState, (record: RequestRecord) => Job>>> = {
  planning: ({ id }) => ({ kind: "plan", requestId: id }),
  approved: ({ id }) => ({ kind: "admit", requestId: id }),
  closing: ({ id }) => ({ kind: "admit", requestId: id }),
  applying: ({ asked }) => ({ kind: "gateways", cluster: asked.cluster }),
  verifying: ({ id }) => ({ kind: "verify", requestId: id }),
  unproven: ({ id }) => ({ kind: "verify", requestId: id }),
};

/** One whose card nobody was shown just lapses; else the no is written into the cluster first. */
async function lapseStale(ports: SweepPorts, { id, since }: RequestRecord): Promise<void> {
  if (ports.clock.now() - since < ports.pendingForMs) return;
  const moved = await transition(ports, id, (current) =>
    isUndecided(current) && ports.clock.now() - current.since >= ports.pendingForMs
      ? {
          event: current.state === "pending" ? "no" : "lapsed",
          actor: "worker",
          details: { why: `still ${current.state} when its time was over` },
        }
      : undefined,
  );
  if (moved.result === "moved" && moved.record.state === "closing")
    await ports.queue.add({ kind: "admit", requestId: id });
}

function isUndecided({ state }: RequestRecord): boolean {
  return state === "pending" || state === "planning";
}

async function sweepActive(ports: SweepPorts, record: RequestRecord): Promise<void> {
  const seen = record.evidence?.at ?? 0;
  if (ports.clock.now() - seen >= ports.timing.reverifyEveryMs)
    await ports.queue.ensure({ kind: "verify", requestId: record.id });
}
