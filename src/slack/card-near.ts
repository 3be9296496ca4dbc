import { shortCode } from "#src/domain/plan/grant-digest.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { withSignedCard } from "#src/requests/decision/await-card.ts";
import type { BotPorts } from "./bot-ports.ts";

/** The one card somebody in a thread can mean: `here`, in this thread, with its code; or elsewhere, of what was asked here. */
export type CardNear =
  | { readonly here: true; readonly code: string }
  | { readonly here: false; readonly link: Refusal["link"] };

interface Thread {
  readonly asked: { readonly channel: string };
  readonly threadTs: string;
}

/** Of the cards that wait for a decision; undefined where there is none, or more than one. */
export async function cardNear(
  ports: Pick<BotPorts, "store" | "chat" | "timers">,
  { asked: { channel }, threadTs }: Thread,
): Promise<CardNear | undefined> {
  const { store, chat } = ports;
  const pending = await store.list({ states: ["pending"] });
  const waiting = await Promise.all(pending.map((each) => withSignedCard(ports, each)));
  const here = waiting.filter(
    ({ card }) => card?.payload.channel === channel && card.payload.threadTs === threadTs,
  );
  const [own] = here;
  if (own !== undefined)
    return here.length > 1 || own.plan === undefined
      ? undefined
      : { here: true, code: shortCode(own.plan.grantDigest) };
  const askedHere = waiting.filter(
    (each) => each.asked.channel === channel && each.asked.threadTs === threadTs,
  );
  const [{ id, card } = { id: "", card: undefined }] = askedHere;
  if (card === undefined || askedHere.length > 1) return undefined;
  const url = await chat.permalink(card.payload.channel, card.payload.ts);
  return { here: false, link: url === undefined ? undefined : { url, text: `The card of ${id}` } };
}
