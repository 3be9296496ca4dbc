import type { Board, BoardEntry } from "./board.ts";
import { FINAL_STATES, isLive } from "./lifecycle.ts";
import type { ClusterDecision, RequestDecision, RequestRecord } from "./request.ts";

/** What became of a decision that was recorded. `lost`: the store has it no more, and nothing shows that it was done. */
export type Fate = "carried-out" | "under-way" | "lost";

/** What can be seen of it now. */
export interface SeenFate {
  /** Undefined where there is none, or what is stored is not ours. */
  readonly record: Pick<RequestRecord, "state" | "decisions"> | undefined;
  readonly board: Pick<Board, "at" | "frozen"> | undefined;
  /** The board's, of the request's grants. */
  readonly entries: readonly BoardEntry[];
}

export function fateOf(decision: RequestDecision, seen: SeenFate): Fate {
  if (isCarriedOut(decision, seen)) return "carried-out";
  return isStored(decision, seen.record) ? "under-way" : "lost";
}

function isStored({ id }: RequestDecision, record: SeenFate["record"]): boolean {
  return record?.decisions.some(({ payload }) => payload.id === id) === true;
}

/** An older store can show neither a state that is final nor a lane's later word: both are signed by the worker. */
function isCarriedOut(decision: RequestDecision, { record, board, entries }: SeenFate): boolean {
  const { verdict, at } = decision;
  const isOver = record !== undefined && FINAL_STATES.includes(record.state);
  switch (verdict) {
    case "approve":
      return isOver || entries.length > 0 || isPast(decision, record);
    case "deny":
    case "cancel":
      return isOver;
    case "revoke":
      return isOver || (isLater(board, at) && entries.length > 0 && !entries.some(isOpen));
    default:
      return verdict satisfies never;
  }
}

/** Admitted, or asked again. */
function isPast(decision: RequestDecision, record: SeenFate["record"]): boolean {
  return isStored(decision, record) && record?.state !== "approved";
}

function isOpen({ state }: BoardEntry): boolean {
  return isLive(state);
}

export function orderFate(
  { verdict, at }: ClusterDecision,
  { board }: Pick<SeenFate, "board">,
): Fate {
  return isLater(board, at) && board?.frozen === (verdict === "freeze")
    ? "carried-out"
    : "under-way";
}

function isLater(board: SeenFate["board"], at: number): boolean {
  return board !== undefined && board.at > at;
}
