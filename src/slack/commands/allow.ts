import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { checkDuration, type DurationLimits, exactly } from "#src/domain/time/duration.ts";
import { endpoint } from "#src/domain/grant.ts";
import type { AllowCommand } from "#src/domain/grammar/command.ts";
import { writeDestination } from "#src/domain/network/destination.ts";
import { hostIn } from "#src/domain/network/terms.ts";
import { isRefusal, type Refusal, refuse } from "#src/domain/outcome.ts";
import { allObstacles } from "#src/domain/plan/several/all-obstacles.ts";
import type { Asked, AskedDestination } from "#src/domain/request/request.ts";
import { resolveTeam } from "#src/domain/request/resolve-team.ts";
import type { BotPorts } from "../bot-ports.ts";
import { cardHidden, placesOf } from "../card-channel.ts";
import type { AskedText } from "./asked-text.ts";
import { makeRequest, type Source } from "./make-request.ts";
import { strangerRefusal } from "./stranger.ts";
import { type CommandContext, type CommandReply, refusalReply } from "./command-context.ts";

/** A grant may be approved this long after the request was made, and no later: part of its latest end. */
const APPROVAL_WINDOW_MS = 24 * 3_600_000;

/** Makes a request. What was already made from the same message is not made again. */
export async function allow(
  ports: BotPorts,
  context: CommandContext,
  command: AllowCommand,
): Promise<CommandReply> {
  const asked = await toAsked(ports, context, command);
  return isRefusal(asked) ? refusalReply(asked) : askForEgress(ports, context, asked);
}

/** Makes a request for egress. */
export async function askForEgress(
  ports: BotPorts,
  { asked: { sourceId } }: CommandContext,
  asked: Asked,
  source: Source = { sourceId, eventId: sourceId },
): Promise<CommandReply> {
  await makeRequest(ports, source, { kind: "grant", asked, details: detailsOf(asked) });
  return undefined;
}

function detailsOf({ destination, also, team, scope, follows, amends }: Asked) {
  return {
    destination: endpoint(destination),
    mode: destination.mode,
    ...(also === undefined
      ? {}
      : { also: also.map(({ destination: { host, port, mode } }) => ({ host, port, mode })) }),
    team,
    scope,
    ...(follows === undefined ? {} : { follows }),
    ...(amends === undefined ? {} : { amends }),
  };
}

/** Of the time that may be asked for at `now`, as configured. */
export function durationLimits(
  { durations, approvals }: BotPorts["config"],
  now: number,
): DurationLimits {
  return {
    now,
    defaultMs: durations.defaultMs,
    maxMs: durations.maximumMs,
    approvalWindowMs: APPROVAL_WINDOW_MS + approvals.pendingForMs,
  };
}

/** What a line asks for, with team, place and gateway as the configuration has them now. */
export async function toAsked(
  ports: BotPorts,
  context: CommandContext,
  command: AllowCommand,
): Promise<Asked | Refusal> {
  const { userId } = context.asked.by;
  const stranger = await strangerRefusal(ports, userId, "your request was not recorded");
  return stranger ?? whatIsAsked(ports, context, command);
}

/** What a command asks for, as far as it takes nobody else to say so: all but whether who asks may. */
export function whatIsAsked(
  ports: Pick<BotPorts, "config" | "clock" | "clockCheck">,
  {
    asked,
    threadTs,
  }: Pick<CommandContext, "threadTs"> & {
    readonly asked: Pick<AskedText, "by" | "channel">;
  },
  command: AllowCommand,
): Asked | Refusal {
  const { config } = ports;
  const clock = clockRefusal(ports.clockCheck.offsetMs(), "your request was not recorded");
  if (clock !== undefined) return clock;
  const found = resolveTeam(config.directory, { ...command, channel: asked.channel });
  if (isRefusal(found)) return found;
  const hidden = cardHidden(placesOf(config), { channel: asked.channel, team: found.team.name });
  if (hidden !== undefined) return hidden;
  const hosts = hostsOf(command, found.cluster.domain);
  if (isRefusal(hosts)) return hosts;
  const [first, ...more] = hosts;
  const now = ports.clock.now();
  const duration = checkDuration(command.duration, durationLimits(config, now));
  if (isRefusal(duration)) return duration;
  const reason = command.reason ?? "";
  if (config.approvals.reasonRequired && reason === "") return reasonMissing(command);
  const { placement, gateway } = found;
  return {
    by: asked.by,
    at: now,
    channel: asked.channel,
    threadTs,
    team: found.team.name,
    cluster: found.cluster.name,
    gateway: { namespace: gateway.namespace, name: gateway.name },
    scope: { namespace: placement.namespace, serviceAccounts: placement.serviceAccounts },
    ...first,
    ...(more.length === 0 ? {} : { also: more }),
    reason,
    durationMs: duration.durationMs,
    latestEnd: duration.latestEnd,
  };
}

/** With what is known of the cluster; of several all that cannot be asked for there are named. */
function hostsOf(
  { destination, typedHost, also = [] }: AllowCommand,
  domain: string,
): readonly [AskedDestination, ...(readonly AskedDestination[])] | Refusal {
  const all = [{ destination, typedHost }, ...also];
  const hosts = all.map((each) => hostIn({ clusterDomains: [domain] }, each));
  const bad = hosts.filter((host) => isRefusal(host));
  const [first, ...more] = hosts.flatMap((host, at): readonly AskedDestination[] => {
    const asked = all[at]?.destination;
    if (isRefusal(host) || asked === undefined) return [];
    return [
      {
        destination: { ...asked, host: host.host },
        typedHost: host.unicode,
        registrableDomain: host.registrable,
      },
    ];
  });
  return first === undefined || bad.length > 0 ? (allObstacles(bad) ?? NOTHING) : [first, ...more];
}

const NOTHING = refuse("HostMissing", {
  what: "nothing was requested",
  why: "there is no host in it",
  fix: "write it like `edition.cnn.com:443`",
});

function reasonMissing(command: AllowCommand): Refusal {
  return refuse("ReasonMissing", {
    what: `egress to ${command.also === undefined ? endpoint(command.destination) : `${command.also.length + 1} destinations`} was not requested`,
    why: "a reason is required here, and none was given",
    fix: `write it at the end: \`${typedAgain(command)} because …\``,
  });
}

/** The same request in words that mean exactly it. */
function typedAgain({ destination, also = [], team, cluster, duration }: AllowCommand): string {
  const all = [destination, ...also.map((each) => each.destination)];
  const words = [
    `allow ${all.map(writeDestination).join(", ")}`,
    ...(team === undefined ? [] : [`for ${team}`]),
    ...(cluster === undefined ? [] : [`in ${cluster}`]),
    ...(duration?.kind === "for" ? [`for ${exactly(duration.ms)}`] : []),
    ...(duration?.kind === "until" ? [`until ${new Date(duration.at).toISOString()}`] : []),
  ];
  return words.join(" ");
}
