import { unknownRequest } from "#src/domain/approval/decision-refusals.ts";
import { endpoint } from "#src/domain/grant.ts";
import type { RenewCommand } from "#src/domain/grammar/command.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import { egressRequest } from "#src/domain/request/kinds.ts";
import type { Asked } from "#src/domain/request/request.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { checkDuration } from "#src/domain/time/duration.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { cardHidden, placesOf } from "../../card-channel.ts";
import { APPROVAL_WINDOW_MS, askForEgress } from "../allow.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";
import { asFollowed, openOf, type StillOpen, underWay, UNREADABLE } from "./follow.ts";
import { strangerRefusal } from "../stranger.ts";

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
  const { record, before } = known;
  const hidden = cardHidden(placesOf(config), { channel: asked.channel, team: before.team });
  if (hidden !== undefined) return { ...hidden, what };
  const other = await underWay(ports, record, { ...known, sourceId: asked.sourceId });
  if (other !== undefined) return { ...asksAlready(other), what };
  const now = clock.now();
  const duration = checkDuration(command.duration, {
    now,
    defaultMs: before.durationMs ?? config.durations.defaultMs,
    maxMs: config.durations.maximumMs,
    approvalWindowMs: APPROVAL_WINDOW_MS + config.approvals.pendingForMs,
  });
  if (isRefusal(duration)) return { ...duration, what };
  return {
    ...asFollowed(known),
    by: asked.by,
    at: now,
    channel: asked.channel,
    threadTs,
    reason: command.reason ?? before.reason,
    durationMs: duration.durationMs,
    latestEnd: duration.latestEnd,
  };
}

/** What there is to renew; `what` of a refusal is for who asks to say. */
async function renewable(ports: BotPorts, { id }: RenewCommand): Promise<StillOpen | Refusal> {
  const record = egressRequest(await ports.store.get(requestIdOf(id)));
  if (record === undefined) return unknownRequest(id);
  const open = await openOf(ports, record, id);
  if (open === "unreadable") return { ...UNREADABLE, what: "nothing was renewed" };
  return open ?? notOpen(record.asked);
}

function asksAlready(other: string): Refusal {
  return refuse("AlreadyAsked", {
    what: "nothing was renewed",
    why: `${other} asks for it already`,
    fix: `see \`@sallyport status ${other}\``,
  });
}

function notOpen({ destination, team }: Asked): Refusal {
  return refuse("NotOpen", {
    what: "nothing was renewed",
    why: "only what is open can be renewed, and it is not",
    fix: `ask for it anew: \`allow ${endpoint(destination)} for ${team} because …\``,
  });
}
