import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import type { MoveTold } from "#src/domain/request/move-told.ts";
import { code, count, literal, messageText, moment, placesText } from "../text.ts";

/** What `gateway move` asked for. */
export function movesAsked({
  team,
  to,
  asked,
  already,
  left,
}: {
  readonly team: string;
  /** `namespace/name` of the gateway. */
  readonly to: string;
  /** Ids of what is to be moved. */
  readonly asked: readonly string[];
  /** Ids of requests that move others already. */
  readonly already: readonly string[];
  /** So many are not asked for yet. */
  readonly left: number;
}): ChatMessage {
  const lines = [
    `Asked to move ${count(asked.length, "grant")} of team ${code(team)} to gateway ${code(to)}: ${asked.map(code).join(", ")}. Each is decided on its own card, and nothing changes before.`,
    ...(already.length === 0 ? [] : [`Moved already by ${already.map(code).join(", ")}.`]),
    ...(left <= 0
      ? []
      : [`${count(left, "more grant")} not asked for: write it again once these are decided.`]),
  ];
  return { text: messageText(lines.join("\n")) };
}

/** What changes for whoever has to let a team's traffic in, and when. */
export function renderMove(
  { id, asked }: RequestRecord,
  { at, from, to, prefix, before }: MoveTold,
): ChatMessage {
  const other = literal(from);
  const now = before === undefined ? `gateway ${other}` : `${literal(before)} (${other})`;
  const lines = [
    `*From ${moment(at)} on, ${placesText(asked)} of team ${code(asked.team)} is reached from ${literal(prefix)}* (gateway ${literal(to)}, ${code(id)}); until then from ${now}.`,
    "Whoever lets that traffic in by its address adds the new prefix before, and takes the other one out once this one is seen to work.",
  ];
  return { text: messageText(lines.join("\n")) };
}
