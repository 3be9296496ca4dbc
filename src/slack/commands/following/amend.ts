import { sameJson } from "#src/domain/canonical.ts";
import type { Scope } from "#src/domain/grant.ts";
import type { AmendCommand } from "#src/domain/grammar/command.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { includesScope, letsPassAll } from "#src/domain/request/egress-grant/amended.ts";
import { egressRequests } from "#src/domain/request/kinds.ts";
import type { Asked, AskedDestination } from "#src/domain/request/request.ts";
import { resolveTeam } from "#src/domain/request/resolve-team.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { checkDuration, type FixedDuration } from "#src/domain/time/duration.ts";
import { whyMayNot } from "#src/requests/decision/rights-in.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { cardHidden, placesOf } from "../../card-channel.ts";
import { askForEgress, durationLimits } from "../allow.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";
import { asFollowed, namedOpen, type StillOpen, underWay } from "./follow.ts";
import { strangerRefusal } from "../stranger.ts";

/**
 * Asks for what a grant gives to be changed: a request of its own that follows it, decided as a new one, whether it lets more
 * or less pass. Once it is active the grant it follows ends; until then that one stays as it is, and never beyond its end.
 */
export async function amend(
  ports: BotPorts,
  context: CommandContext,
  command: AmendCommand,
): Promise<CommandReply> {
  const asked = await toAsked(ports, context, command);
  return isRefusal(asked)
    ? refusalReply({ ...asked, what: `${command.id} was not amended` })
    : askForEgress(ports, context, asked);
}

async function toAsked(
  ports: BotPorts,
  { asked, threadTs }: CommandContext,
  command: AmendCommand,
): Promise<Asked | Refusal> {
  const { userId } = asked.by;
  const wrong =
    clockRefusal(ports.clockCheck.offsetMs(), "nothing was amended") ??
    (await strangerRefusal(ports, userId, "nothing was amended"));
  if (wrong !== undefined) return wrong;
  const known = await namedOpen(ports, command.id, "amended");
  if (isRefusal(known)) return known;
  const { channel } = asked;
  const hidden = cardHidden(placesOf(ports.config), { channel, team: known.before.team });
  if (hidden !== undefined) return hidden;
  const requests = await ports.store.list({ cluster: known.record.asked.cluster });
  const other = underWay(egressRequests(requests), known.record, {
    ...known,
    sourceId: asked.sourceId,
  });
  if (other !== undefined) return changedAlready(other);
  const now = ports.clock.now();
  const changed = changedBy(ports, { command, known, now });
  if (isRefusal(changed)) return changed;
  const reason = command.reason ?? known.before.reason;
  const wanted: Asked = {
    ...asFollowed(known),
    ...changed,
    by: asked.by,
    at: now,
    channel,
    threadTs,
    reason,
    amends: true,
  };
  const forbidden = takesAway(known, wanted)
    ? await whyMayNot("revoke", ports, { request: known.record, userId })
    : undefined;
  return forbidden === undefined ? wanted : mayNotTakeAway(forbidden);
}

type Changed = Pick<Asked, "destination" | "scope" | "durationMs" | "latestEnd">;

/** What of the request would be another; refused where nothing would be. */
function changedBy(
  ports: BotPorts,
  {
    command,
    known,
    now,
  }: { readonly command: AmendCommand; readonly known: StillOpen; readonly now: number },
): Changed | Refusal {
  const { before, destinations } = known;
  const first = limited(command, destinations);
  if (isRefusal(first)) return first;
  const scope = scopeOf(ports, command, before);
  if (isRefusal(scope)) return scope;
  const ends = endOf(ports, { command, known, now });
  if (isRefusal(ends)) return ends;
  const isSame =
    sameJson(first, destinations[0].destination) &&
    sameJson(scope, before.scope) &&
    (command.duration === undefined || isSameEnd(ends, known));
  return isSame
    ? no(
        "NothingChanges",
        "it gives exactly that already",
        `see \`@sallyport status ${known.record.id}\`, and name what is to be another`,
      )
    : { destination: first, scope, ...ends };
}

function isSameEnd({ durationMs, latestEnd }: FixedDuration, { endsAt }: StillOpen): boolean {
  return durationMs === undefined && latestEnd === endsAt;
}

/** The first destination, with other limits where some are named: they are one destination's. */
function limited(
  { paths, methods }: AmendCommand,
  [{ destination }, ...more]: StillOpen["destinations"],
): AskedDestination["destination"] | Refusal {
  if (paths === undefined && methods === undefined) return destination;
  if (more.length > 0)
    return no(
      "SeveralDestinations",
      "it has several destinations, and paths and methods are one's",
      "name it by its number, like `amend EG-7QK4M.2 paths /v1/*`",
    );
  if (modeOf(destination).passes !== "route")
    return no(
      "LimitsNeedHttp",
      `the gateway sees no paths and methods of ${destination.mode}: they are encrypted, or there are none`,
      `ask for http://${destination.host}, or for http://${destination.host} originate, where the app speaks plain HTTP and the gateway TLS`,
    );
  return {
    ...destination,
    ...(paths === undefined ? {} : { paths }),
    ...(methods === undefined ? {} : { methods }),
  };
}

/** Nobody but whom the configuration has for the team is let in. */
function scopeOf(
  { config }: BotPorts,
  { serviceAccounts }: AmendCommand,
  { team, cluster, scope, channel }: Asked,
): Scope | Refusal {
  if (serviceAccounts === undefined) return scope;
  const { namespace } = scope;
  const found = resolveTeam(config.directory, { team, cluster, namespace, channel });
  if (isRefusal(found)) return found;
  const wanted = { namespace, serviceAccounts };
  const has = found.placement.serviceAccounts;
  return includesScope({ namespace, serviceAccounts: has }, wanted)
    ? wanted
    : no(
        "AccountNotOfTeam",
        `in namespace ${namespace} team ${team} has service account ${has.slice(0, SHOWN).join(", ")}${has.length > SHOWN ? ` and ${has.length - SHOWN} more` : ""}, and not all that are named`,
        "name some of these, or ask for the team's entry in Sallyport's configuration to be changed",
      );
}

const SHOWN = 10;

/** As before, where no other end is named: at the time when it would have ended. */
function endOf(
  { config }: BotPorts,
  {
    command: { duration },
    known: { record, before, endsAt },
    now,
  }: { readonly command: AmendCommand; readonly known: StillOpen; readonly now: number },
): FixedDuration | Refusal {
  if (duration !== undefined) return checkDuration(duration, durationLimits(config, now));
  // Until its clock runs, `endsAt` is only the latest there can be.
  const durationMs = record.activation === undefined ? before.durationMs : undefined;
  return { durationMs, latestEnd: endsAt };
}

/** Whether somebody would have less than now, or may have it for less long. */
function takesAway({ before, destinations, endsAt }: StillOpen, after: Asked): boolean {
  const { scope, durationMs, latestEnd, at } = after;
  const firstEnd = durationMs === undefined ? latestEnd : Math.min(at + durationMs, latestEnd);
  const keepsAll = destinationsAsked(after).every(({ destination }, index) =>
    letsPassAll(
      { scope, destination },
      { scope: before.scope, destination: destinations[index]?.destination ?? {} },
    ),
  );
  return !keepsAll || firstEnd < endsAt;
}

function mayNotTakeAway(refusal: Refusal): Refusal {
  return refusal.reason === "MayNotRevoke"
    ? {
        ...refusal,
        why: "it would take something away, which only who asked for it, the team and the approvers can ask for",
      }
    : refusal;
}

function changedAlready(other: string): Refusal {
  return no(
    "AlreadyAsked",
    `${other} follows it already, and one does so at a time`,
    `see \`@sallyport status ${other}\``,
  );
}

function no(reason: Refusal["reason"], why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was amended", why, fix });
}
