import { type Board, boardKey } from "#src/domain/request/board.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { packBoard } from "#src/requests/packed-board.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { closedState, stateOf } from "./grant-statuses.ts";

/** Signs what this run says of the cluster, for people. */
export async function writeBoard(ports: LanePorts, finished: Finished): Promise<void> {
  const { cluster, grants } = finished;
  const entries: [string, Board["grants"][string]][] = [
    ...grants.open.map((each): [string, Board["grants"][string]] => [
      each.grant.id,
      {
        state: stateOf(each, finished),
        endsAt: each.endsAt,
        ...(each.proof === undefined ? {} : { verdict: each.proof.verdict }),
      },
    ]),
    ...grants.closed.map((each): [string, Board["grants"][string]] => [
      each.grant.id,
      { state: closedState(each), endsAt: each.at },
    ]),
  ];
  const board: Board = {
    cluster: cluster.name,
    at: grants.facts.now,
    configDigest: ports.configDigest,
    frozen: grants.freezes.length > 0,
    grants: Object.fromEntries(entries),
  };
  await ports.lanes.write(boardKey(cluster.name), packBoard(board));
}
