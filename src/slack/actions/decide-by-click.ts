import type { DecisionVerdict, Person } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { type Because, decide, type DecisionResult } from "#src/requests/decision/decide.ts";
import type { BotPorts } from "../bot-ports.ts";
import type { AskedFrom } from "../render/action-value.ts";
import { recordedText, withCloseByHand } from "../render/recorded.ts";
import { renderRefusal } from "../render/refusal.ts";
import { isCopy, repaint, retireCopy } from "./live-card.ts";

/** A decision made by a button, with the words of a window where it asked for any. */
export interface ByClick {
  readonly verdict: Extract<DecisionVerdict, "approve" | "deny" | "revoke">;
  readonly from: AskedFrom;
  readonly by: Person;
  readonly reason?: string;
}

/** Decides, and answers in words. */
export async function decideByClick(ports: BotPorts, click: ByClick): Promise<ChatMessage> {
  return answerTo(ports, click, await decideOn(ports, click));
}

export function decideOn(
  ports: BotPorts,
  { verdict, from, by, reason }: ByClick,
): Promise<DecisionResult> {
  const { id, digest, channel, messageTs, eventId, clickedAt } = from;
  return decide(ports, {
    requestId: id,
    verdict,
    by,
    // An app has no way to click in a person's name.
    byApp: false,
    surface: "button",
    eventId,
    at: clickedAt,
    shown: { on: "message", channel, ts: messageTs, grantDigest: digest },
    ...(reason === undefined || reason === "" ? {} : { reason }),
  });
}

/** What to say of a result; a card people could not decide on is painted again first. */
export async function answerTo(
  ports: BotPorts,
  { verdict, from }: ByClick,
  result: DecisionResult,
): Promise<ChatMessage> {
  if (result.outcome === "recorded") return { text: recordedText(result, ports.config) };
  const { refusal } = result;
  const message = renderRefusal(
    verdict === "revoke" ? withCloseByHand(refusal, from.id, ports.config) : refusal,
  );
  if (result.outcome !== "refused" || result.record === undefined) return message;
  const { because, record } = result;
  if (because === "other-message" && (await isCopy(ports, record, from)))
    return retireCopy(ports, record, from);
  if (REPAINTED.includes(because)) await repaint(ports, record.id);
  return message;
}

/** The card shows something else than what is stored now. */
const REPAINTED: readonly Because[] = ["card-missing", "card-changed", "other-message", "state"];
