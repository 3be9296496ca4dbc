import { z } from "zod";
import { isUnsettled } from "#src/domain/plan/situation.ts";
import { EpochMs } from "#src/domain/request/shapes.ts";
import { waited } from "#src/domain/time/waited.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { beside } from "../../beside.ts";
import { bestEffort } from "../../best-effort.ts";
import { verify } from "../../verify/verify.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { writes } from "../mesh-changes.ts";

/** Since when this process sees that a proof is wanted, by request. */
const Wanted = z.record(z.string(), EpochMs);

/** How much longer than a proof takes a job may wait. Milliseconds. */
const QUEUE_TAKES_MS = 15_000;

/** Proofs begun by one run. */
const MOST_AT_ONCE = 4;

/**
 * Has it proven that what ended is refused: at once where something was closed, else the proof that is parked keeps its
 * time. Where Redis does not answer, or the queue brings nothing about (somebody may have damaged it), this process proves
 * it by itself, and a first proof of what is open as well.
 */
export async function askForProofs(
  ports: LanePorts,
  { grants, changes, cluster, placed }: Finished,
  redisAnswers: boolean,
): Promise<void> {
  const closed = changes.some((change) => writes(change) && change.action === "deleted");
  const ended = new Set(grants.closed.filter(isUnsettled).map(({ requestId }) => requestId));
  const unverified = grants.open
    .filter(
      ({ grant, proof }) =>
        placed.has(grant.id) && !grants.moves.waiting.has(grant.id) && proof === undefined,
    )
    .map(({ requestId }) => requestId);
  const late = await lateOf(ports, cluster.name, [...ended, ...unverified]);
  for (const requestId of ended) {
    const job = { kind: "verify", requestId } as const;
    const queued =
      redisAnswers &&
      (await bestEffort(ports, `asking for the proof that ${requestId} is closed`, () =>
        closed ? ports.queue.add(job) : ports.queue.ensure(job),
      ));
    if (!queued) late.add(requestId);
  }
  for (const requestId of [...late].slice(0, MOST_AT_ONCE)) await proveHere(ports, requestId);
}

async function lateOf(
  { memory, clock, timing }: LanePorts,
  cluster: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const key = `proofs-wanted:${cluster}`;
  const before = Wanted.safeParse(await memory.read(key)).data ?? {};
  const patienceMs = timing.probeRetryMs + QUEUE_TAKES_MS;
  const { late, since } = waited(ids, before, { now: clock.now(), patienceMs });
  await memory.write(key, since);
  return new Set(late);
}

/** Beside the lane; one of a request at a time. */
function proveHere(ports: LanePorts, requestId: string): Promise<void> {
  return beside(ports, `proving ${requestId}`, async () => {
    await verify(ports, requestId);
  });
}
