import type { RenewCommand } from "#src/domain/grammar/command.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { egressRequests } from "#src/domain/request/kinds.ts";
import type { Asked } from "#src/domain/request/request.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { checkDuration } from "#src/domain/time/duration.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { cardHidden, placesOf } from "../../card-channel.ts";
import { askForEgress, durationLimits } from "../allow.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";
import { asFollowed, namedOpen, underWay } from "./follow.ts";
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
  const known = await namedOpen(ports, command.id, "renewed");
  if (isRefusal(known)) return { ...known, what };
  const { record, before } = known;
  const hidden = cardHidden(placesOf(config), { channel: asked.channel, team: before.team });
  if (hidden !== undefined) return { ...hidden, what };
  const requests = await ports.store.list({ cluster: record.asked.cluster });
  const other = underWay(egressRequests(requests), record, { ...known, sourceId: asked.sourceId });
  if (other !== undefined) return { ...asksAlready(other), what };
  const now = clock.now();
  const limits = durationLimits(config, now);
  const duration = checkDuration(command.duration, {
    ...limits,
    defaultMs: before.durationMs ?? limits.defaultMs,
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

function asksAlready(other: string): Refusal {
  return refuse("AlreadyAsked", {
    what: "nothing was renewed",
    why: `${other} asks for it already`,
    fix: `see \`@sallyport status ${other}\``,
  });
}
