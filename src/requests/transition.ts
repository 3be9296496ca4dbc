import type { Envelope } from "#src/domain/request/signed/envelope.ts";
import { next, type RequestEvent } from "#src/domain/request/lifecycle.ts";
import type { AnyRequest, RequestPatch } from "#src/domain/request/request.ts";
import type { Clock } from "#src/ports/clock.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { JobQueue } from "#src/ports/store/job-queue.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";

export interface TransitionPorts {
  readonly store: RequestStore;
  readonly queue: JobQueue;
  readonly clock: Clock;
}

/** What happens to a request: an event of the lifecycle, what is written with it, and the audit line. */
export interface Happening {
  readonly event: RequestEvent;
  readonly patch?: Omit<RequestPatch, "state" | "since">;
  readonly actor: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** A signed revoke or end: lanes find it in a small index, too. */
  readonly end?: Envelope;
}

export type TransitionResult =
  | { readonly result: "moved"; readonly record: AnyRequest }
  /** The request is gone, `decide` gave nothing, or the event has no place in its state (any more). */
  | { readonly result: "stayed"; readonly record: AnyRequest | undefined };

const ATTEMPTS = 10;

/**
 * The one way a request changes: read, decide, compare-and-set, and again when somebody was faster. `decide` is called
 * with the record as it is now and must be pure. The messages in Slack follow by a `notify` job.
 */
export async function transition(
  ports: TransitionPorts,
  id: string,
  decide: (record: AnyRequest) => Happening | undefined,
): Promise<TransitionResult> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const record = await ports.store.get(id);
    const happening = record === undefined ? undefined : decide(record);
    if (record === undefined || happening === undefined) return { result: "stayed", record };
    const state = next(record.state, happening.event);
    if (state === undefined) return { result: "stayed", record };
    const since = state === record.state ? record.since : ports.clock.now();
    const written = await ports.store.update(record, {
      patch: { ...happening.patch, state, since },
      audit: {
        actor: happening.actor,
        event: happening.event,
        details: { from: record.state, to: state, ...happening.details },
      },
      ...(happening.end === undefined ? {} : { end: happening.end }),
    });
    if (written.result === "written") {
      await ports.queue.add({ kind: "notify", requestId: id });
      return { result: "moved", record: written.record };
    }
  }
  throw new RetryableError(`writing request ${id}: somebody else wrote each time`);
}
