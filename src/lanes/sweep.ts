import { dueOf, type Times } from "#src/domain/request/due.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import type { Heartbeats } from "#src/ports/store/heartbeats.ts";
import type { Intake } from "#src/ports/chat/intake.ts";
import { clusterNamed, type LanePorts } from "#src/requests/lane-ports.ts";
import { mustTellTheTime } from "#src/requests/tell-the-time.ts";
import { bestEffort } from "./best-effort.ts";
import { listenToBot } from "./listen-to-bot.ts";
import { transition } from "#src/requests/transition.ts";

export interface SweepPorts extends LanePorts {
  readonly intake: Intake;
  readonly heartbeats: Pick<Heartbeats, "newest">;
  /** A request nobody decides ends after this. Milliseconds. */
  readonly pendingForMs: number;
}

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

async function sweepRequest(ports: SweepPorts, record: AnyRequest): Promise<void> {
  const { id, asked } = record;
  const { repaint, step, lapse } = dueOf(record, timesOf(ports));
  if (repaint) await ports.queue.ensure({ kind: "notify", requestId: id });
  if (step === "gateways") await ports.queue.ensure({ kind: step, cluster: asked.cluster });
  else if (step !== undefined) await ports.queue.ensure({ kind: step, requestId: id });
  if (lapse !== undefined && (await isTimeRight(ports, asked.cluster))) await lapseStale(ports, id);
}

function timesOf({ clock, pendingForMs, timing }: SweepPorts): Times {
  return { now: clock.now(), pendingForMs, reverifyEveryMs: timing.reverifyEveryMs };
}

/** Whether our clock says what the API server's does; of a cluster that is not configured any more, another's. */
async function isTimeRight(ports: SweepPorts, cluster: string): Promise<boolean> {
  const known = clusterNamed(ports, cluster) ?? ports.directory.clusters[0];
  return known === undefined
    ? false
    : bestEffort(ports, "letting stale requests lapse", () =>
        mustTellTheTime(ports, known.name, "letting stale requests lapse"),
      );
}

async function lapseStale(ports: SweepPorts, id: string): Promise<void> {
  const moved = await transition(ports, id, (current) => {
    const { lapse } = dueOf(current, timesOf(ports));
    return lapse === undefined
      ? undefined
      : {
          event: lapse,
          actor: "worker",
          details: { why: `still ${current.state} when its time was over` },
        };
  });
  if (moved.result === "moved" && moved.record.state === "closing")
    await ports.queue.add({ kind: "admit", requestId: id });
}
