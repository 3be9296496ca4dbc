import { adminCard, adminCardText } from "../render/admin/card.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";
import { isRefusal, refuse } from "#src/domain/outcome.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import type { BotPorts } from "../bot-ports.ts";
import { cardText, renderCard } from "../render/request/card.ts";
import { renderRefusal } from "../render/refusal.ts";
import { code } from "../render/text.ts";
import { answer, type Click } from "./click.ts";
import { sayTheSame } from "./shown-words.ts";

/** The message a click or a window's button is on. */
type Clicked = Pick<Click, "channel" | "messageTs">;

/**
 * Whether this is another message than the one the signed card names. A message just posted, whose card is not signed
 * yet, is no copy.
 */
export async function isCopy(
  { surfaces }: Pick<BotPorts, "surfaces">,
  { id, card }: AnyRequest,
  clicked: Clicked,
): Promise<boolean> {
  if (card === undefined || isAt(card.payload, clicked)) return false;
  const painted = (await surfaces.surfaces(id)).find(({ key }) => key === "card");
  return painted === undefined || !isAt(painted, clicked);
}

function isAt(
  { channel, ts }: { readonly channel: string; readonly ts: string | undefined },
  clicked: Clicked,
): boolean {
  return channel === clicked.channel && ts === clicked.messageTs;
}

/**
 * Takes a copy's buttons, and says where the live card is. What is itself the card of another request, with buttons that
 * are not its own, is painted again instead: it is that one's only card.
 */
export async function retireCopy(
  ports: Pick<BotPorts, "chat" | "store" | "surfaces" | "queue">,
  { id, card }: AnyRequest,
  clicked: Clicked,
): Promise<ChatMessage> {
  const shown = await shownOn(ports, clicked);
  if (shown !== undefined) {
    await repaint(ports, shown.id);
    return {
      text: `Not recorded: this is the card of ${code(shown.id)}, and the button you clicked was for ${code(id)}. Read the card again once it is repainted, and decide then.`,
    };
  }
  const live = card === undefined ? "" : ` The live one is in <#${card.payload.channel}>.`;
  await ports.chat.update(clicked.channel, clicked.messageTs, {
    text: `A copy of the card of ${id}.${live}`,
  });
  return { text: `Not recorded: this is a copy of the card of ${code(id)}.${live}` };
}

/** The request whose live card this message is. */
async function shownOn(
  { store }: Pick<BotPorts, "store">,
  clicked: Clicked,
): Promise<AnyRequest | undefined> {
  const records = await store.list({});
  return records.find(({ card }) => card !== undefined && isAt(card.payload, clicked));
}

/** Whether the card does not say what we rendered: nobody decides on it, and it is painted anew. */
export async function wasEdited(
  ports: BotPorts,
  record: AnyRequest,
  click: Click,
): Promise<boolean> {
  if (record.state !== "pending" || isAsRendered(record, click)) return false;
  await ports.store.audit(record.id, {
    actor: `user:${click.by.userId}`,
    event: "card-differs",
    details: { shown: click.messageText },
  });
  const refusal = refuse("CardDiffers", {
    what: `your decision on ${record.id} was not recorded`,
    why: "the card you clicked does not say what the request says now",
    fix: "read it again once it is repainted, and decide then",
  });
  await repaint(ports, record.id);
  await answer(ports, click, renderRefusal(refusal));
  return true;
}

/** Its text, which is what notifications show, and its blocks, which are what is read in the channel. */
function isAsRendered(record: AnyRequest, click: Click): boolean {
  return (
    asWritten(click.messageText) === textOfCard(record) &&
    sayTheSame(cardOf(record).blocks, click.messageBlocks)
  );
}

/** Paints the card again, whatever we believe it shows. */
export async function repaint(
  ports: Pick<BotPorts, "surfaces" | "queue">,
  requestId: string,
): Promise<void> {
  const card = (await ports.surfaces.surfaces(requestId)).find(({ key }) => key === "card");
  if (card !== undefined) await ports.surfaces.put(requestId, { ...card, shown: "" });
  await ports.queue.add({ kind: "notify", requestId });
}

/** Slack encodes what it gives back, and turns hosts into links; a link that leads elsewhere than it shows is not ours. */
function asWritten(text: string): string | undefined {
  const plain = unwrap({ text, blocks: [], botUserId: "" });
  return isRefusal(plain) ? undefined : plain;
}

function cardOf(record: AnyRequest): ChatMessage {
  return record.kind === "admin" ? adminCard(record) : renderCard(record);
}

function textOfCard(record: AnyRequest): string {
  return record.kind === "admin" ? adminCardText(record) : cardText(record);
}
