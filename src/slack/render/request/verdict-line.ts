import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { type ToldLine, type SaidVerdict, verdictsOf } from "#src/domain/evidence/told-verdict.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { asksSeveral } from "#src/domain/request/destinations-asked.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { opening } from "../people.ts";
import { messageText, moment } from "../text.ts";
import { grantText } from "./destinations.ts";
import { verdictWords } from "./result.ts";

/** The verdict of a request that was looked at, as one line tells it; undefined where there is none to tell. */
export function saidVerdict(record: RequestRecord): SaidVerdict | undefined {
  const { evidence, state } = record;
  if (evidence === undefined || (state !== "active" && state !== "unproven")) return undefined;
  const verdict = state === "unproven" ? "unproven" : evidence.verdict;
  const words = `${verdictWords(record)}${whichOf(record)}`;
  return { verdicts: verdictsOf({ ...evidence, verdict }), verdict, words };
}

/** Of several destinations, those that were not seen to work. */
function whichOf(record: RequestRecord): string {
  const { evidence, endedAlone = {} } = record;
  if (!asksSeveral(record.asked) || record.state !== "unproven") return "";
  const ids = grantsAsked(record)
    .map(({ id }) => id)
    .filter((id) => endedAlone[id] === undefined)
    .filter((id) => (evidence?.grants?.[id]?.verdict ?? "unproven") === "unproven");
  const [first = ""] = ids;
  const more = ids.length < 2 ? "" : ` and ${ids.length - 1} more`;
  return ids.length === 0 ? "" : `: ${grantText(record, first)}${more}`;
}

/** That a verdict changed; where it was soon as before, both. */
export function renderVerdictLine(
  record: RequestRecord,
  { at, words, backAt, backWords }: ToldLine,
): ChatMessage {
  const said =
    backAt === undefined || backWords === undefined
      ? `now *${words}*`
      : `*${backWords}* again since ${moment(backAt)}; from ${moment(at)} it was: ${words}`;
  return { text: messageText(`${opening(record)}: ${said}`) };
}
