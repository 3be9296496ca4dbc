import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { endpoint } from "#src/domain/grant.ts";
import { refuse } from "#src/domain/outcome.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { asksForEgress, egressRequests } from "#src/domain/request/kinds.ts";
import { FINAL_STATES, isLive } from "#src/domain/request/lifecycle.ts";
import type { Asked, AskedDestination, RequestRecord } from "#src/domain/request/request.ts";
import { grantsOn, readBoard } from "#src/requests/read-board.ts";
import type { BotPorts } from "../../bot-ports.ts";

/** What of a request is open, for another one to follow. */
export interface StillOpen {
  readonly record: RequestRecord;
  /** As the bot signed it. */
  readonly before: Asked;
  /** Those that are open, of those that are named. */
  readonly destinations: readonly [AskedDestination, ...(readonly AskedDestination[])];
  /** When the first of them ends, as a lane last reported. Epoch ms. */
  readonly endsAt: number;
}

export const UNREADABLE = refuse("Unreadable", {
  what: "nothing was asked",
  why: "what is stored of this request is not what Sallyport signed",
  fix: "ask for it anew with `allow`, and tell who runs Sallyport",
});

/** `id`: of the request, or of one of its grants. Undefined where nothing of it is open. */
export async function openOf(
  ports: BotPorts,
  record: RequestRecord,
  id: string,
): Promise<StillOpen | "unreadable" | undefined> {
  // What it gives is what the bot signed when it was asked, not what is stored beside it.
  const { request } = openStatements(record, ports.trust, ports.clock.now());
  const before = request.kind === "bound" ? request.payload.asked : undefined;
  if (before === undefined || !asksForEgress(before)) return "unreadable";
  const board = await readBoard(ports.boards, record.asked.cluster);
  const open = new Map(grantsOn(board, record.id).filter(([, { state }]) => isLive(state)));
  const grants = grantsAsked({ id: record.id, asked: before });
  const named = destinationsAsked(before).flatMap((destination, at) => {
    const grantId = grants[at]?.id ?? "";
    const entry = id === record.id || id === grantId ? open.get(grantId) : undefined;
    return entry === undefined ? [] : [{ destination, endsAt: entry.endsAt }];
  });
  const [first, ...more] = named.map(({ destination }) => destination);
  if (first === undefined) return undefined;
  const endsAt = Math.min(...named.map((each) => each.endsAt));
  return { record, before, destinations: [first, ...more], endsAt };
}

/** The same again, by a request that follows it. */
export function asFollowed({ record, before, destinations: [first, ...more] }: StillOpen): Asked {
  const { also: _, takesOverAfterMs: __, amends: ___, ...rest } = before;
  return {
    ...rest,
    ...first,
    ...(more.length === 0 ? {} : { also: more }),
    follows: record.id,
  };
}

/**
 * One that follows each of these destinations of it at a time: whoever wants it too sees that one. What was asked by the same
 * message is the same.
 */
export async function underWay(
  { store }: BotPorts,
  { id, asked: { cluster } }: RequestRecord,
  {
    sourceId,
    destinations,
  }: { readonly sourceId: string; readonly destinations: readonly AskedDestination[] },
): Promise<string | undefined> {
  const records = egressRequests(await store.list({ cluster }));
  const doors = destinations.map(doorOf);
  return records.find(
    ({ asked, state, request }) =>
      asked.follows === id &&
      !FINAL_STATES.includes(state) &&
      request.payload.eventId !== sourceId &&
      destinationsAsked(asked).some((each) => doors.includes(doorOf(each))),
  )?.id;
}

function doorOf({ destination }: AskedDestination): string {
  return `${endpoint(destination)} ${destination.mode}`;
}
