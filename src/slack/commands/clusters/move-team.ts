import type { MoveCommand } from "#src/domain/grammar/command.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { destinationsAsked } from "#src/domain/request/destinations-asked.ts";
import { egressRequests } from "#src/domain/request/kinds.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import { type ResolvedTeam, resolveTeam } from "#src/domain/request/resolve-team.ts";
import { LONGEST_LEAD_MS } from "#src/domain/request/shapes.ts";
import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { readBoard } from "#src/requests/read-board.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { cardHidden, placesOf } from "../../card-channel.ts";
import { movesAsked } from "../../render/following/moves.ts";
import { askForEgress } from "../allow.ts";
import { type CommandContext, type CommandReply, refusalReply } from "../command-context.ts";
import { asFollowed, openOf, type StillOpen, underWay } from "../following/follow.ts";
import { clusterEntitlement } from "./cluster-entitlement.ts";

/** So long before the change who has to let the new prefix in is told, where nobody says how long. Milliseconds. */
const LEAD_MS = 86_400_000;

/** Each has a card of its own: more of them at once nobody reads. */
const MOST_AT_ONCE = 20;

/**
 * Asks for each open grant of a team that goes by another gateway than the configuration has for it to go by that one: a
 * request of its own, decided as a new one, with the end of the grant it follows.
 */
export async function moveTeam(
  ports: BotPorts,
  context: CommandContext,
  command: MoveCommand,
): Promise<CommandReply> {
  const what = `the grants of team ${command.team.slice(0, 63)} were not moved`;
  const team = await mayMove(ports, context, command);
  if (isRefusal(team)) return refusalReply({ ...team, what });
  const requests = egressRequests(await ports.store.list({ cluster: team.cluster.name }));
  const board = await readBoard(ports.boards, team.cluster.name);
  const moving = grantsToMove(requests, team);
  const asked: string[] = [];
  const already: string[] = [];
  for (const record of moving) {
    const sourceId = `${context.asked.sourceId}/${record.id}`;
    const other = underWay(requests, record, {
      sourceId,
      destinations: destinationsAsked(record.asked),
    });
    if (other !== undefined) already.push(other);
    if (other !== undefined || asked.length === MOST_AT_ONCE) continue;
    const open = openOf(ports, record, board);
    // Nothing of it is open, as far as a lane reported.
    if (open === undefined || open === "unreadable") continue;
    await askFor(ports, { context, command, team, open, sourceId });
    asked.push(record.id);
  }
  if (asked.length === 0) return refusalReply({ ...nothingToMove(team, already), what });
  const left = moving.length - asked.length - already.length;
  return movesAsked({ team: team.team.name, to: gatewayKey(team.gateway), asked, already, left });
}

async function mayMove(
  ports: BotPorts,
  { asked }: CommandContext,
  command: MoveCommand,
): Promise<ResolvedTeam | Refusal> {
  const clock = clockRefusal(ports.clockCheck.offsetMs(), "nothing was moved");
  if (clock !== undefined) return clock;
  const entitlement = await clusterEntitlement(
    ports,
    asked.by.userId,
    "only the approvers can ask for a team to be moved",
  );
  if (isRefusal(entitlement)) return entitlement;
  const team = resolveTeam(ports.config.directory, { ...command, channel: asked.channel });
  if (isRefusal(team)) return team;
  const { channel } = asked;
  const hidden = cardHidden(placesOf(ports.config), { channel, team: team.team.name });
  if (hidden !== undefined) return hidden;
  if ((command.afterMs ?? LEAD_MS) > LONGEST_LEAD_MS)
    return refuse("EndTooFar", {
      what: "nothing was moved",
      why: `a change is announced at most ${LONGEST_LEAD_MS / 86_400_000} days ahead`,
      fix: "ask for less, like `after 7d`",
    });
  if (ports.config.approvals.reasonRequired && (command.reason ?? "") === "")
    return refuse("ReasonMissing", {
      what: "nothing was moved",
      why: "a reason is required here, and none was given",
      fix: `write it at the end: \`gateway move ${team.team.name} because …\``,
    });
  return team;
}

/** Oldest first. */
function grantsToMove(
  ofCluster: readonly RequestRecord[],
  { team, placement, gateway }: ResolvedTeam,
): readonly RequestRecord[] {
  return ofCluster
    .filter(
      ({ asked, state }) =>
        isLive(state) &&
        asked.team === team.name &&
        asked.scope.namespace === placement.namespace &&
        gatewayKey(asked.gateway) !== gatewayKey(gateway),
    )
    .toSorted((one, other) => one.asked.at - other.asked.at);
}

async function askFor(
  ports: BotPorts,
  {
    context,
    command,
    team: { gateway },
    open,
    sourceId,
  }: {
    readonly context: CommandContext;
    readonly command: MoveCommand;
    readonly team: ResolvedTeam;
    readonly open: StillOpen;
    readonly sourceId: string;
  },
): Promise<void> {
  const { asked, threadTs } = context;
  const wanted: Asked = {
    ...asFollowed(open),
    by: asked.by,
    at: ports.clock.now(),
    channel: asked.channel,
    threadTs,
    gateway: { namespace: gateway.namespace, name: gateway.name },
    reason: command.reason ?? "",
    // What it moves ends when it would have.
    durationMs: undefined,
    latestEnd: open.endsAt,
    takesOverAfterMs: command.afterMs ?? LEAD_MS,
  };
  await askForEgress(ports, { ...context, asked: { ...asked, sourceId } }, wanted);
}

function nothingToMove(
  { team, gateway, cluster }: ResolvedTeam,
  already: readonly string[],
): Refusal {
  const [first] = already;
  if (first !== undefined)
    return refuse("AlreadyAsked", {
      what: "nothing was moved",
      why: `${already.join(", ")} ${already.length === 1 ? "asks" : "ask"} for it already`,
      fix: `see \`@sallyport status ${first}\``,
    });
  return refuse("NotOpen", {
    what: "nothing was moved",
    why: `no open grant of team ${team.name} in cluster ${cluster.name} goes by another gateway than ${gatewayKey(gateway)}, which the configuration has for it`,
    fix: "give the team another gateway in the configuration first, then ask again",
  });
}
