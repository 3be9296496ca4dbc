import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import { formatDuration } from "#src/domain/time/duration.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { ACTIONS, encodeAction } from "../action-value.ts";
import { buttons, section } from "../blocks.ts";
import { mention, opening } from "../people.ts";
import { code, messageText, moment } from "../text.ts";

/** What an approver would give instead, to who asked. It decides nothing. */
export function renderOffer(
  record: RequestRecord,
  { by, offeredMs }: { readonly by: string; readonly offeredMs: number },
): ChatMessage {
  const { id, asked } = record;
  const text = `${opening(record)}: ${mention(by)} offers ${formatDuration(offeredMs)} instead of ${askedFor(asked)}. Accepting it asks for that anew, which is decided on a card of its own, and cancels ${code(id)}; until then ${code(id)} waits as before.`;
  const accept = {
    actionId: ACTIONS.accept,
    text: "Accept",
    value: encodeAction({ id, digest: "", offeredMs }),
    label: `Accept the shorter time for ${id}`,
  };
  return { text: messageText(text), blocks: [section(text), buttons(accept)] };
}

function askedFor({ durationMs, latestEnd }: Asked): string {
  return durationMs === undefined ? `until ${moment(latestEnd)}` : formatDuration(durationMs);
}
