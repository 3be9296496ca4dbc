import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { Surface } from "#src/ports/chat/surfaces.ts";

interface SignPorts {
  readonly store: Pick<RequestStore, "get" | "update">;
  /** The worker's. */
  readonly signer: Signer;
}

type Place = Pick<Surface, "channel" | "ts">;

/** Whether people can decide on this message: the signed card names it, and the plan it shows. */
export function isSignedFor(
  { planned, card }: Pick<AnyRequest, "planned" | "card">,
  place: Place | undefined,
): boolean {
  if (planned === undefined || card === undefined || place === undefined) return false;
  const { plan, channel, ts } = card.payload;
  return plan === envelopeDigest(planned.envelope) && channel === place.channel && ts === place.ts;
}

/**
 * Signs which message shows the plan of `painted`, the record it was painted from, and stores that. Where the plan or the
 * state changed meanwhile nothing is signed: whoever changed it has asked for the card to be painted again. `at` is before
 * the message was written (epoch ms): a decision made the moment it is there is none on an older card.
 */
export async function signCard(
  { store, signer }: SignPorts,
  painted: AnyRequest,
  { place, at }: { readonly place: Surface | undefined; readonly at: number },
): Promise<void> {
  const { id, planned } = painted;
  if (planned === undefined || place?.ts === undefined) return;
  const plan = envelopeDigest(planned.envelope);
  let record: AnyRequest | undefined = painted;
  while (record !== undefined && waitsOn(record, plan) && !isSignedFor(record, place)) {
    const card = signer.sign("card", {
      requestId: id,
      cluster: record.asked.cluster,
      plan,
      channel: place.channel,
      ts: place.ts,
      threadTs: place.threadTs ?? place.ts,
      at,
    });
    const written = await store.update(record, {
      patch: { card },
      audit: {
        actor: "worker",
        event: "card-shown",
        details: { plan, channel: place.channel, ts: place.ts },
      },
    });
    if (written.result === "written") return;
    record = await store.get(id);
  }
}

function waitsOn({ state, planned }: AnyRequest, plan: string): boolean {
  return state === "pending" && planned !== undefined && envelopeDigest(planned.envelope) === plan;
}
