import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { Timers } from "#src/ports/timers.ts";

export interface AwaitPorts {
  readonly store: Pick<RequestStore, "get">;
  readonly timers: Pick<Timers, "sleep">;
}

/** A message is signed right after it was posted: whoever is that quick waits so long, and no longer. */
const LOOKS = 20;
const BETWEEN_MS = 100;

/** The request with its card signed; as it is, where that takes longer than people wait. */
export async function withSignedCard(
  { store, timers }: AwaitPorts,
  read: AnyRequest,
): Promise<AnyRequest> {
  let record = read;
  for (let look = 0; look < LOOKS && isBeingSigned(record); look += 1) {
    await timers.sleep(BETWEEN_MS, NEVER);
    record = (await store.get(read.id)) ?? record;
  }
  return record;
}

const NEVER = new AbortController().signal;

/** The plan is there to be shown, and no signed card shows it. */
function isBeingSigned({ state, planned, card }: AnyRequest): boolean {
  if (state !== "pending" || planned === undefined) return false;
  return card?.payload.plan !== envelopeDigest(planned.envelope);
}
