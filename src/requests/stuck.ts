import { z } from "zod";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import { errorText, FatalError, isAdapterError, type RetryableError } from "#src/ports/errors.ts";
import type { LanePorts } from "./lane-ports.ts";

/** What keeps a request from going on, for people; kept when it is over, so that what was said can be put right. */
export const Stuck = z.object({ why: z.string(), over: z.boolean() });
export type Stuck = z.infer<typeof Stuck>;

export function stuckKey(requestId: string): string {
  return `stuck:${requestId}`;
}

/** States in which somebody waits for the next one. */
const WAITED_ON: readonly RequestState[] = [
  "planning",
  "approved",
  "closing",
  "applying",
  "verifying",
  "ending",
];

/** Errors that pass by themselves are told after this. */
const TELL_AFTER_MS = 30_000;

type Ports = Pick<LanePorts, "store" | "lanes" | "queue" | "clock">;

/** Does `work` for a request; where it throws, the request's thread says why, until it no longer does. */
export function forRequest<Result>(
  ports: Ports,
  id: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return tellingWhy(
    ports,
    async () => {
      const record = await ports.store.get(id);
      return record === undefined ? [] : [record];
    },
    work,
  );
}

/** As `forRequest`, for all that wait for the gateways of a cluster. */
export function forCluster<Result>(
  ports: Ports,
  cluster: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return tellingWhy(ports, () => ports.store.list({ cluster, states: ["applying"] }), work);
}

async function tellingWhy<Result>(
  ports: Ports,
  requestsOf: () => Promise<readonly AnyRequest[]>,
  work: () => Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    if (isAdapterError(error))
      await quietly(async () => {
        for (const record of await requestsOf()) await tell(ports, record, error);
      });
    throw error;
  }
  await quietly(async () => {
    for (const { id } of await requestsOf()) await goesOn(ports, id);
  });
  return result;
}

/** What is only told must not change what was done: Redis may be what is away. */
async function quietly(telling: () => Promise<void>): Promise<void> {
  try {
    await telling();
  } catch (error) {
    if (!isAdapterError(error)) throw error;
  }
}

async function tell(
  ports: Ports,
  { id, state, since }: AnyRequest,
  error: FatalError | RetryableError,
): Promise<void> {
  // Begun in the future: our clock is behind, which may be what is wrong.
  const forMs = Math.abs(ports.clock.now() - since);
  const lasts = error instanceof FatalError || forMs >= TELL_AFTER_MS;
  if (!WAITED_ON.includes(state) || !lasts) return;
  await write(ports, id, { why: errorText(error), over: false });
}

async function goesOn(ports: Ports, id: string): Promise<void> {
  const before = Stuck.safeParse(await ports.lanes.read(stuckKey(id))).data;
  if (before?.over === false) await write(ports, id, { ...before, over: true });
}

async function write(ports: Ports, id: string, stuck: Stuck): Promise<void> {
  await ports.lanes.write(stuckKey(id), stuck);
  await ports.queue.add({ kind: "notify", requestId: id });
}
