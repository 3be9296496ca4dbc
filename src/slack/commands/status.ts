import { closest } from "#src/domain/grammar/closest.ts";
import { endpoint } from "#src/domain/grant.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { BotPorts } from "../bot-ports.ts";
import { unknownRequest } from "../actions/decide.ts";
import { section } from "../render/blocks.ts";
import { outcomeLine } from "../render/outcome.ts";
import { checkLine } from "../render/result.ts";
import { code, inline, moment } from "../render/text.ts";
import { type CommandReply, refusalReply } from "./command-context.ts";

export async function status(ports: BotPorts, id: string): Promise<CommandReply> {
  const record = await ports.store.get(requestIdOf(id));
  return record === undefined ? refusalReply(unknownRequest(id)) : renderStatus(record);
}

/** A grant's id is its request's, with `.n` where there are several. */
export function requestIdOf(id: string): string {
  return id.replace(/\.\d+$/, "");
}

function renderStatus(record: RequestRecord): Exclude<CommandReply, undefined> {
  const { asked, evidence } = record;
  const lines = [
    `*${code(record.id)} ${endpoint(asked.destination)}* (${asked.destination.mode}) for team ${code(asked.team)} in ${code(`${asked.cluster}/${asked.scope.namespace}`)}`,
    outcomeLine(record),
    `Asked by <@${asked.by.userId}> ${moment(asked.at)}: ${inline(asked.reason, 300)}`,
    ...(evidence?.egressIpPrefix === undefined
      ? []
      : [`Egress IP prefix ${code(evidence.egressIpPrefix)}`]),
    ...(evidence === undefined
      ? []
      : [`Last verified ${moment(evidence.at)}:`, ...evidence.checks.map(checkLine)]),
    ...(evidence?.removal === undefined
      ? []
      : [`After it ended ${moment(record.since)}:`, ...evidence.removal.checks.map(checkLine)]),
  ];
  return {
    text: `${record.id}: ${endpoint(asked.destination)} for team ${asked.team}: ${record.state}`,
    blocks: [section(lines.join("\n"))],
  };
}

/** What is in force or under way, of a team or of all. */
export async function list(ports: BotPorts, team: string | undefined): Promise<CommandReply> {
  const unknown = unknownTeam(ports, team);
  if (unknown !== undefined) return refusalReply(unknown);
  const records = await ports.store.list({
    ...(team === undefined ? {} : { team }),
    states: [
      "planning",
      "pending",
      "approved",
      "applying",
      "verifying",
      "active",
      "unproven",
      "ending",
    ],
  });
  const of = team === undefined ? "" : ` for team ${code(inline(team, 63))}`;
  if (records.length === 0) return { text: `Nothing is open or under way${of}.` };
  const lines = records.slice(0, LISTED).map(listLine);
  const more =
    records.length > LISTED
      ? [`and ${records.length - LISTED} more; name a team to see fewer`]
      : [];
  return {
    text: `${records.length} open or under way${of}`,
    blocks: [section([`*Open or under way${of}*`, ...lines, ...more].join("\n"))],
  };
}

function unknownTeam({ config }: BotPorts, team: string | undefined): Refusal | undefined {
  const names = config.directory.teams.map(({ name }) => name);
  if (team === undefined || names.includes(team)) return undefined;
  const near = closest(team, names);
  return refuse("UnknownTeam", {
    what: "nothing was listed",
    why: `there is no team "${team}" in the directory`,
    fix:
      near === undefined
        ? "`@sallyport list` shows all teams"
        : `did you mean \`@sallyport list ${near}\`?`,
  });
}

/** Keeps the message within one section's 3000 characters. */
const LISTED = 20;

function listLine({ id, asked, state, activation }: RequestRecord): string {
  const until = activation === undefined ? "" : ` until ${moment(activation.payload.endsAt)}`;
  return `${code(id)} ${endpoint(asked.destination)} ${asked.team}: ${state}${until}`;
}
