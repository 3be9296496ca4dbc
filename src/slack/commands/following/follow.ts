import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { endpoint } from "#src/domain/grant.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import type { Board } from "#src/domain/request/board.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import { asksForEgress, egressRequest } from "#src/domain/request/kinds.ts";
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

/** As the bot signed it, not what is stored beside it. */
export function signedAsked({ trust, clock }: BotPorts, record: RequestRecord): Asked | undefined {
  const { request } = openStatements(record, trust, clock.now());
  const asked = request.kind === "bound" ? request.payload.asked : undefined;
  return asked !== undefined && asksForEgress(asked) ? asked : undefined;
}

/** What `renew` or `amend` names; `what` of a refusal is for who asks to say. */
export async function namedOpen(
  ports: BotPorts,
  id: string,
  done: "renewed" | "amended",
): Promise<StillOpen | Refusal> {
  const record = egressRequest(await ports.store.get(requestIdOf(id)));
  if (record === undefined) return unknownRequest(id);
  const open = openOf(ports, record, await readBoard(ports.boards, record.asked.cluster), id);
  if (open === "unreadable") return UNREADABLE;
  const { destination, team } = record.asked;
  return (
    open ??
    refuse("NotOpen", {
      what: `nothing was ${done}`,
      why: `only what is open can be ${done}, and it is not`,
      fix: `ask for it anew: \`allow ${endpoint(destination)} for ${team} because …\``,
    })
  );
}

/** `id`: of the request, or of one of its grants. Undefined where nothing of it is open. */
export function openOf(
  ports: BotPorts,
  record: RequestRecord,
  board: Board | undefined,
  id: string = record.id,
): StillOpen | "unreadable" | undefined {
  const before = signedAsked(ports, record);
  if (before === undefined) return "unreadable";
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
export function underWay(
  ofCluster: readonly RequestRecord[],
  { id }: RequestRecord,
  {
    sourceId,
    destinations,
  }: { readonly sourceId: string; readonly destinations: readonly AskedDestination[] },
): string | undefined {
  const doors = destinations.map(doorOf);
  return ofCluster.find(
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
