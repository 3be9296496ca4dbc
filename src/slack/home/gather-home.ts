import {
  approverEntitlement,
  asMember,
  type DecisionMaker,
} from "#src/domain/approval/entitlement.ts";
import { isRefusal } from "#src/domain/outcome.ts";
import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { wholeEntry } from "#src/domain/request/egress-grant/state-of-all.ts";
import { egressRequests } from "#src/domain/request/kinds.ts";
import { FINAL_STATES, isLive } from "#src/domain/request/lifecycle.ts";
import type { AnyRequest, RequestRecord } from "#src/domain/request/request.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import { grantsOn, look } from "#src/requests/read-board.ts";
import type { BotPorts } from "../bot-ports.ts";
import type { Home, OpenGrant, OwnRequest, Waiting } from "../render/home/home-view.ts";

/** Shown of each list. */
const SHOWN = 10;
/** What is over is shown for so long. Milliseconds. */
const RECENT_MS = 7 * 24 * 3_600_000;

/**
 * What concerns somebody: what they asked for, what waits for them, what is open for their teams. Of what is admitted it is
 * what a lane last saw. For showing alone: whoever decides is looked at again where they do.
 */
export async function gatherHome(
  ports: Pick<BotPorts, "identity" | "store" | "boards" | "clock" | "config" | "chat">,
  userId: string,
): Promise<Home> {
  const { identity, store, clock, config } = ports;
  const { clusters, teams } = config.directory;
  const [person, home, groups, records] = await Promise.all([
    identity.person(userId),
    identity.homeTeam(),
    identity.groupsOf(userId),
    store.list({}),
  ]);
  const boards = new Map<string, Seen>();
  for (const { name } of clusters) boards.set(name, await look(ports, name));
  const looked = egressRequests(records).flatMap((record) => {
    const seen = boards.get(record.asked.cluster);
    return seen === undefined ? [] : [{ record, seen }];
  });
  const own = ownRequests(looked, userId, clock.now());
  const member = asMember(person, home);
  const waiting = isRefusal(member)
    ? []
    : waitingFor(records, { member, groups, now: clock.now() });
  const mine = new Set(
    teams.flatMap(({ name, userGroup }) =>
      userGroup !== undefined && groups.includes(userGroup) ? [name] : [],
    ),
  );
  return {
    requests: own.slice(0, SHOWN),
    waiting: await Promise.all(waiting.slice(0, SHOWN).map((record) => withCard(ports, record))),
    more: {
      requests: Math.max(0, own.length - SHOWN),
      waiting: Math.max(0, waiting.length - SHOWN),
    },
    grants: openGrants(
      looked.filter(({ record: { asked } }) => asked.by.userId === userId || mine.has(asked.team)),
    ),
  };
}

interface Looked {
  readonly record: RequestRecord;
  readonly seen: Seen;
}

/** Newest first. */
function ownRequests(
  looked: readonly Looked[],
  userId: string,
  now: number,
): readonly OwnRequest[] {
  return looked
    .filter(({ record }) => record.asked.by.userId === userId)
    .map(({ record, seen }) => {
      const entries = grantsOn(seen.board, record.id).map(([, entry]) => entry);
      return { record, seen, entry: wholeEntry(entries) };
    })
    .filter(({ record, entry }) => isUnderWay(record, entry) || now - record.since <= RECENT_MS)
    .toSorted((a, b) => b.record.asked.at - a.record.asked.at);
}

function isUnderWay({ state }: RequestRecord, entry: BoardEntry | undefined): boolean {
  return entry === undefined ? !FINAL_STATES.includes(state) : isOpen(entry);
}

function isOpen({ state }: BoardEntry): boolean {
  return isLive(state) || state === "ending";
}

/** The longest waiting first. */
function waitingFor(
  records: readonly AnyRequest[],
  of: {
    readonly member: DecisionMaker;
    readonly groups: readonly string[];
    readonly now: number;
  },
): readonly AnyRequest[] {
  const { member, now } = of;
  const groups = of.groups.map((group) => ({ group, users: [member.userId], checkedAt: now }));
  return records
    .filter(({ state, plan, card, asked }) => {
      if (state !== "pending" || plan === undefined || card === undefined) return false;
      const request = { requester: asked.by.userId, approvers: plan.approvers, now };
      return !isRefusal(approverEntitlement(member, request, groups));
    })
    .toSorted((a, b) => a.asked.at - b.asked.at);
}

async function withCard({ chat }: Pick<BotPorts, "chat">, record: AnyRequest): Promise<Waiting> {
  const place = record.card?.payload;
  if (place === undefined) return { record, url: undefined };
  try {
    return { record, url: await chat.permalink(place.channel, place.ts) };
  } catch (error) {
    // It is listed all the same.
    if (!isAdapterError(error)) throw error;
    return { record, url: undefined };
  }
}

/** What ends first comes first. */
function openGrants(looked: readonly Looked[]): readonly OpenGrant[] {
  return looked
    .flatMap(({ record, seen }) => {
      const entries = new Map(grantsOn(seen.board, record.id));
      return grantsAsked(record).flatMap((grant) => {
        const entry = entries.get(grant.id);
        return entry !== undefined && isLive(entry.state) ? [{ grant, entry, seen }] : [];
      });
    })
    .toSorted((a, b) => a.entry.endsAt - b.entry.endsAt);
}
