import type { Grant } from "#src/domain/grant.ts";
import {
  type Board,
  BOARD_STATES,
  type BoardEntry,
  isCurrent,
  type Seen,
} from "#src/domain/request/board.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { lastApproval, outcomeLine } from "../request/outcome.ts";
import { capital, code, inline, moment, placesText, placeText, utc } from "../text.ts";

/*
 * Of what is admitted people are shown what a lane last saw in the cluster, and when; never what the stored request says
 * of itself. Of what is not admitted yet there is nothing else to show.
 */

/** States a request has after its admission: only the cluster knows which. */
const ADMITTED: readonly RequestState[] = BOARD_STATES;

/** One word for what became of a request. */
export function stateWord(
  { state }: Pick<RequestRecord, "state">,
  entry: BoardEntry | undefined,
  { board, now, sweepMs }: Seen,
): string {
  if (entry === undefined) return ADMITTED.includes(state) ? "admitted, not confirmed" : state;
  return board !== undefined && isCurrent(board, now, sweepMs)
    ? entry.state
    : `${entry.state} when last seen`;
}

/** When that was seen. */
export function asOf({
  board,
  now,
  sweepMs,
}: Omit<Seen, "board"> & { readonly board: Pick<Board, "at"> | undefined }): string {
  if (board === undefined) return "not confirmed: no lane of this cluster has reported yet";
  const at = shortUtc(board.at, now);
  return isCurrent(board, now, sweepMs) ? `as of ${at}` : `not confirmed since ${at}`;
}

function shortUtc(at: number, now: number): string {
  const [day = "", ...time] = utc(at).split(" ");
  const isToday = utc(now).startsWith(day);
  return isToday ? time.join(" ") : utc(at);
}

/** What became of a request, in one line: first in `status`. */
export function statusLine(
  record: RequestRecord,
  entry: BoardEntry | undefined,
  seen: Seen,
): string {
  if (entry !== undefined)
    return `${SIGNS[entry.state]}*${capital(stateWord(record, entry, seen))}*${verdictOf(entry)}${approved(record)}, ${endOf(entry)}; ${asOf(seen)}`;
  if (!ADMITTED.includes(record.state)) return outcomeLine(record);
  return `*Admitted, not confirmed*${approved(record)}: no lane reports it in the cluster (${asOf(seen)})`;
}

const SIGNS: Readonly<Record<BoardEntry["state"], string>> = {
  applying: "",
  verifying: "",
  active: ":white_check_mark: ",
  unproven: ":warning: ",
  ending: "",
  ended: "",
};

function verdictOf({ state, verdict }: BoardEntry): string {
  return state === "active" && verdict !== undefined ? ` (${verdict})` : "";
}

function approved(record: RequestRecord): string {
  const approval = lastApproval(record);
  return approval === undefined
    ? ""
    : `, approved by <@${approval.by.userId}> ${moment(approval.at)}`;
}

function endOf({ state, endsAt }: BoardEntry): string {
  return state === "ended" || state === "ending"
    ? `ended ${moment(endsAt)}`
    : `until ${moment(endsAt)}`;
}

/** A grant that stands in the cluster while its request is not in the store. */
export function boardOnlyLine(grantId: string, entry: BoardEntry, seen: Seen): string {
  return `${code(grantId)}: ${stateWord({ state: "applying" }, entry, seen)}${verdictOf(entry)}, ${endOf(entry)}; its request is not in Sallyport's store; ${asOf(seen)}`;
}

/** One line of `list`. */
export function listLine(record: RequestRecord, entry: BoardEntry | undefined, seen: Seen): string {
  const { id, asked } = record;
  const what = `${code(id)} ${placesText(asked)} ${asked.team}: ${stateWord(record, entry, seen)}`;
  if (entry !== undefined) return `${what}, ${endOf(entry)}, ${asOf(seen)}`;
  return ADMITTED.includes(record.state) ? `${what}, ${asOf(seen)}` : what;
}

/** One line of `list` for one of several grants: each can be revoked by its id. */
export function grantLine(
  grant: Pick<Grant, "id" | "destination" | "team">,
  entry: BoardEntry,
  seen: Seen,
): string {
  const what = `${code(grant.id)} ${placeText(grant.destination)}`;
  return `${what} ${grant.team}: ${stateWord({ state: entry.state }, entry, seen)}, ${endOf(entry)}, ${asOf(seen)}`;
}

/** One line of what is open, with its verdict. */
export function openLine(
  { id, destination, team }: Pick<Grant, "id" | "destination" | "team">,
  entry: BoardEntry,
  seen: Seen,
): string {
  const state = stateWord({ state: entry.state }, entry, seen);
  return `${SIGNS[entry.state]}*${code(id)} ${placeText(destination)}* for team ${team}: ${state}${verdictOf(entry)}, ${endOf(entry)}; ${asOf(seen)}`;
}

/** The first words of `check` where a grant covers what was asked. */
export function coveredText(
  subject: string,
  { id }: Pick<Grant, "id">,
  { entry, seen }: { readonly entry: BoardEntry; readonly seen: Seen },
): string {
  const see = `Nothing to ask for; see ${code(`@sallyport status ${id}`)}.`;
  const isSeenNow = seen.board !== undefined && isCurrent(seen.board, seen.now, seen.sweepMs);
  if (!isSeenNow)
    return `Not confirmed: ${subject} was granted by ${code(id)} until ${moment(entry.endsAt)} (${entry.state}) when the cluster was last seen; ${asOf(seen)}. ${see}`;
  if (entry.state === "active")
    return `Yes: ${subject} is granted by ${code(id)} until ${moment(entry.endsAt)}${verdictOf(entry)}, ${asOf(seen)}. ${see}`;
  return `Not yet: ${subject} is approved as ${code(id)} and not proven to work (${entry.state}), ${asOf(seen)}. ${see}`;
}

/** What is not granted to all who are asked about; `part` says who has it all the same, and who would be new. */
export function notCoveredText(subject: string, part: string | undefined, seen: Seen): string {
  return part === undefined
    ? `No: ${subject} is not granted.`
    : `No: ${subject} is not granted to all of it; ${inline(part, 600)} (${asOf(seen)}).`;
}
