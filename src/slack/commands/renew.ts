import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { openStatements } from "#src/domain/approval/opened-statements.ts";
import { endpoint } from "#src/domain/grant.ts";
import type { RenewCommand } from "#src/domain/grammar/command.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import { asksForEgress, egressRequest, egressRequests } from "#src/domain/request/kinds.ts";
import { FINAL_STATES, isLive } from "#src/domain/request/lifecycle.ts";
import type { Asked, AskedDestination, RequestRecord } from "#src/domain/request/request.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { checkDuration } from "#src/domain/time/duration.ts";
import { grantsOn, readBoard } from "#src/requests/read-board.ts";
import type { BotPorts } from "../bot-ports.ts";
import { APPROVAL_WINDOW_MS, askForEgress } from "./allow.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";
import { strangerRefusal } from "./stranger.ts";

/**
 * Asks for what a grant gives to go on: a request of its own for the same thing, decided as a new one. Once it is active the
 * grant it follows ends; until then that one stays as it is.
 */
export async function renew(
  ports: BotPorts,
  context: CommandContext,
  command: RenewCommand,
): Promise<CommandReply> {
  const asked = await toAsked(ports, context, command);
  return isRefusal(asked) ? refusalReply(asked) : askForEgress(ports, context, asked);
}

async function toAsked(
  ports: BotPorts,
  { asked, threadTs }: CommandContext,
  command: RenewCommand,
): Promise<Asked | Refusal> {
  const { config, clock } = ports;
  const what = `${command.id} was not renewed`;
  const wrong =
    clockRefusal(ports.clockCheck.offsetMs(), what) ??
    (await strangerRefusal(ports, asked.by.userId, what));
  if (wrong !== undefined) return wrong;
  const known = await renewable(ports, command);
  if (isRefusal(known)) return { ...known, what };
  const { record, before, destinations } = known;
  const other = await underWay(ports, record);
  if (other !== undefined) return { ...other, what };
  const now = clock.now();
  const duration = checkDuration(command.duration, {
    now,
    defaultMs: before.durationMs ?? config.durations.defaultMs,
    maxMs: config.durations.maximumMs,
    approvalWindowMs: APPROVAL_WINDOW_MS + config.approvals.pendingForMs,
  });
  if (isRefusal(duration)) return { ...duration, what };
  const { also: _, ...rest } = before;
  const [first, ...more] = destinations;
  return {
    ...rest,
    ...first,
    ...(more.length === 0 ? {} : { also: more }),
    by: asked.by,
    at: now,
    channel: asked.channel,
    threadTs,
    reason: command.reason ?? before.reason,
    durationMs: duration.durationMs,
    latestEnd: duration.latestEnd,
    follows: record.id,
  };
}

interface Renewable {
  readonly record: RequestRecord;
  /** As the bot signed it. */
  readonly before: Asked;
  /** Those that are open, of those that are named. */
  readonly destinations: readonly [AskedDestination, ...(readonly AskedDestination[])];
}

/** What there is to renew; `what` of a refusal is for who asks to say. */
async function renewable(ports: BotPorts, { id }: RenewCommand): Promise<Renewable | Refusal> {
  const record = egressRequest(await ports.store.get(requestIdOf(id)));
  if (record === undefined) return unknownRequest(id);
  // What it gives is what the bot signed when it was asked, not what is stored beside it.
  const { request } = openStatements(record, ports.trust, ports.clock.now());
  const before = request.kind === "bound" ? request.payload.asked : undefined;
  if (before === undefined || !asksForEgress(before)) return UNREADABLE;
  const open = await openIds(ports, record);
  const grants = grantsAsked({ id: record.id, asked: before });
  const wanted = destinationsAsked(before).filter((_, at) => {
    const grantId = grants[at]?.id ?? "";
    return open.has(grantId) && (id === record.id || id === grantId);
  });
  const [first, ...more] = wanted;
  return first === undefined ? notOpen(before) : { record, before, destinations: [first, ...more] };
}

const UNREADABLE = refuse("Unreadable", {
  what: "nothing was renewed",
  why: "what is stored of this request is not what Sallyport signed",
  fix: "ask for it anew with `allow`, and tell who runs Sallyport",
});

/** Ids of its grants that a lane last reported as open. */
async function openIds({ boards }: BotPorts, record: RequestRecord): Promise<ReadonlySet<string>> {
  const board = await readBoard(boards, record.asked.cluster);
  const seen = grantsOn(board, record.id).filter(([, { state }]) => isLive(state));
  return new Set(seen.map(([id]) => id));
}

/** One renewal at a time: whoever wants it too sees that one. */
async function underWay(
  { store }: BotPorts,
  { id, asked: { cluster } }: RequestRecord,
): Promise<Refusal | undefined> {
  const records = egressRequests(await store.list({ cluster }));
  const other = records.find(
    ({ asked, state }) => asked.follows === id && !FINAL_STATES.includes(state),
  );
  if (other === undefined) return undefined;
  return refuse("AlreadyAsked", {
    what: "nothing was renewed",
    why: `${other.id} asks for it already`,
    fix: `see \`@sallyport status ${other.id}\``,
  });
}

function notOpen({ destination, team }: Asked): Refusal {
  return refuse("NotOpen", {
    what: "nothing was renewed",
    why: "only what is open can be renewed, and it is not",
    fix: `ask for it anew: \`allow ${endpoint(destination)} for ${team} because …\``,
  });
}
