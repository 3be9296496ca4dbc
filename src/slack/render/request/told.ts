import { shortCode } from "#src/domain/plan/grant-digest.ts";
import type { RequestDecision, RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import {
  byWhom,
  fallenWords,
  lastApproval,
  lastNo,
  noWord,
  partRevoke,
  whyLapsed,
} from "./outcome.ts";
import { named, opening } from "../people.ts";
import { buttons, section } from "../blocks.ts";
import { askAgainButton, renderEnded, renderEndedAlone } from "./result.ts";
import { code, inline, messageText } from "../text.ts";

/** What was done about a request, said once in a message of its own: an edit of the card notifies nobody. */
export interface Telling {
  /** Says what happened, and which time where it can happen again. */
  readonly key: string;
  readonly message: ChatMessage;
  /** The decision that was carried out or fell: who made it has to see it. */
  readonly decision: RequestDecision | undefined;
}

/**
 * What people are told of a request in its state, each once. Every decision is named and its author mentioned: that is
 * how somebody finds out that a decision was made in their name.
 */
export function tellingsOf(record: RequestRecord): readonly Telling[] {
  return [...admitted(record), ...askedAgain(record), ...notOpened(record)];
}

function admitted(record: RequestRecord): readonly Telling[] {
  const decision = lastApproval(record);
  if (record.admission === undefined || decision === undefined) return [];
  const text = `${opening(record)}: approved${byWhom(decision)}; recorded in the cluster.${named(decision)}`;
  return [{ key: "admitted-by", message: plain(text), decision }];
}

/** An approval that fell: the same request waits for another one, or is not possible any more. */
function askedAgain(record: RequestRecord): readonly Telling[] {
  const { state, superseded, refusal, decisions } = record;
  const decision = lastApproval(record);
  if (decision === undefined || (state !== "pending" && state !== "refused")) return [];
  const fell = `${opening(record)}: the approval${byWhom(decision)} does not count any more`;
  const count = decisions.filter(({ payload }) => payload.verdict === "approve").length;
  if (state === "refused") {
    const why = refusal === undefined ? "it is not possible now" : inline(refusal.why, 600);
    const text = `${fell}: ${why}. Nothing was opened.${named(decision)}`;
    return [{ key: `fell-${count}`, message: plain(text), decision }];
  }
  const last = superseded?.at(-1);
  const why = last === undefined ? "" : `: ${fallenWords(last.why)}`;
  const text = `${fell}${why}. Nothing was opened. Asked again: its card shows the plan as it is now${codeOf(record)}.${named(decision)}`;
  return [{ key: `asked-again-${count}`, message: plain(text), decision }];
}

/** What ended of a request that was admitted, at last all of it; its admission may be known to the cluster alone. */
export function endOf(record: RequestRecord): readonly Telling[] {
  const alone = Object.keys(record.endedAlone ?? {})
    .filter((id) => record.evidence?.grants?.[id]?.removal !== undefined)
    .map((id) => ({
      key: `ended-${id}`,
      message: renderEndedAlone(record, id),
      decision: partRevoke(record, id),
    }));
  return record.state === "ended"
    ? [...alone, { key: "ended", message: renderEnded(record), decision: lastNo(record) }]
    : alone;
}

function codeOf({ plan }: RequestRecord): string {
  return plan === undefined ? "" : `, code ${code(shortCode(plan.grantDigest))}`;
}

/** A no that is in the cluster, so that no approval can be used afterwards. */
function notOpened(record: RequestRecord): readonly Telling[] {
  const { state, plan } = record;
  const decision = lastNo(record);
  if (state === "lapsed") {
    const text = `${opening(record)}: lapsed: ${whyLapsed(record)}. Nothing was opened; ask again if it is still needed.${named(lastApproval(record))}`;
    return [{ key: "lapsed", message: withAskAgain(record, text), decision: lastApproval(record) }];
  }
  // Cancelled before there was a card: the answer to that command said so.
  if ((state !== "denied" && state !== "cancelled") || plan === undefined) return [];
  const word = noWord(record).toLowerCase();
  const text = `${opening(record)}: ${word}${byWhom(decision)}. Nothing was opened.${named(decision)}`;
  return [{ key: word, message: withAskAgain(record, text), decision }];
}

function withAskAgain(record: RequestRecord, said: string): ChatMessage {
  const text = messageText(said);
  return { text, blocks: [section(text), buttons(askAgainButton(record))] };
}

function plain(text: string): ChatMessage {
  return { text: messageText(text) };
}
