import { type Board, boardKey, type BoardEntry, type Seen } from "#src/domain/request/board.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import { unpackBoard } from "./packed-board.ts";

/**
 * What the mesh lane last reported of a cluster; undefined where it never ran, or what is stored is not the worker's.
 * @throws RetryableError where the store does not answer.
 */
export async function readBoard(
  boards: Pick<LaneStore, "read">,
  cluster: string,
): Promise<Board | undefined> {
  const board = unpackBoard(await boards.read(boardKey(cluster)));
  return board?.cluster === cluster ? board : undefined;
}

/** The same, with what it takes to say how old it is. */
export async function look(
  ports: {
    readonly boards: Pick<LaneStore, "read">;
    readonly clock: Clock;
    readonly config: { readonly timing: { readonly sweepMs: number } };
  },
  cluster: string,
): Promise<Seen> {
  const board = await readBoard(ports.boards, cluster);
  return { board, now: ports.clock.now(), sweepMs: ports.config.timing.sweepMs };
}

/** The grants of one request, by grant id. */
export function grantsOn(
  board: Board | undefined,
  requestId: string,
): readonly (readonly [grantId: string, entry: BoardEntry])[] {
  return Object.entries(board?.grants ?? {}).filter(
    ([grantId]) => requestIdOf(grantId) === requestId,
  );
}
