import { closest } from "../grammar/closest.ts";
import type { Cluster, ConfiguredGateway, Directory, Placement, Team } from "../directory.ts";
import { gatewayKey } from "../grant.ts";
import { isRefusal, type Refusal, refuse } from "../outcome.ts";
import type { RefusalReason } from "../refusal-reasons.ts";

/** What a command said of who and where, each part optional. */
export interface TeamQuestion {
  /** A name, or the user group (`@S…`) or channel (`#C…`) that Slack put for a mentioned one. */
  readonly team?: string;
  readonly cluster?: string;
  readonly namespace?: string;
  /** Where it was asked: the channel of one team stands for that team. */
  readonly channel: string;
}

/** One team in one place, with the cluster and the gateway that serve it. */
export interface ResolvedTeam {
  readonly team: Team;
  readonly placement: Placement;
  readonly cluster: Cluster;
  readonly gateway: ConfiguredGateway;
}

/** Which team, where, through which gateway; never guessed between two. */
export function resolveTeam(directory: Directory, question: TeamQuestion): ResolvedTeam | Refusal {
  const team = teamOf(directory, question);
  if (isRefusal(team)) return team;
  const unknown = unknownCluster(directory, question);
  if (unknown !== undefined) return unknown;
  const fitting = team.placements.filter(
    ({ cluster, namespace }) =>
      (question.cluster === undefined || cluster === question.cluster) &&
      (question.namespace === undefined || namespace === question.namespace),
  );
  const [placement, ...others] = fitting;
  if (placement === undefined) return notThere(team, question);
  if (others.length > 0) return severalPlaces(team, fitting);
  const cluster = directory.clusters.find(({ name }) => name === placement.cluster);
  const gateway = cluster?.gateways.find(
    (candidate) => gatewayKey(candidate) === placement.gateway,
  );
  if (cluster === undefined || gateway === undefined)
    throw new TypeError(`team ${team.name} names an unknown cluster or gateway`);
  return { team, placement, cluster, gateway };
}

function no(reason: RefusalReason, why: string, fix: string): Refusal {
  return refuse(reason, { what: "nothing was requested", why, fix });
}

function teamOf(directory: Directory, { team: name, channel }: TeamQuestion): Team | Refusal {
  const names = directory.teams.map((team) => team.name);
  if (name !== undefined) {
    const [team, ...others] = teamsNamed(directory, name);
    if (team !== undefined && others.length === 0) return team;
    if (team !== undefined)
      return no(
        "SeveralTeams",
        `${name} belongs to several teams`,
        `name one: \`for ${team.name}\`, or one of ${some(others.map((other) => other.name))}`,
      );
    const near = closest(name.slice(0, 63).replace(/^[@#]/, ""), names);
    return no(
      "UnknownTeam",
      `there is no team "${name.slice(0, 63)}" in the directory`,
      near === undefined ? `name one of ${some(names)}` : `did you mean \`for ${near}\`?`,
    );
  }
  const ofChannel = directory.teams.filter((team) => team.channel === channel);
  const [only, ...others] = ofChannel;
  if (only !== undefined && others.length === 0) return only;
  return no(
    "TeamMissing",
    ofChannel.length === 0
      ? "no team was named, and this channel belongs to none"
      : "this channel belongs to several teams",
    `add \`for TEAM\`, with one of ${some(ofChannel.length === 0 ? names : ofChannel.map((team) => team.name))}`,
  );
}

/** A mentioned group or channel stands for its teams; where Slack made no mention of it, what is typed is a name. */
function teamsNamed({ teams }: Directory, typed: string): readonly Team[] {
  const [, mark, id = ""] = /^([@#])(.+)$/.exec(typed) ?? [];
  if (mark === undefined) return teams.filter((team) => team.name === typed);
  const mentioned = teams.filter((team) => (mark === "@" ? team.userGroup : team.channel) === id);
  return mentioned.length > 0 ? mentioned : teams.filter((team) => team.name === id.toLowerCase());
}

function unknownCluster(directory: Directory, { cluster }: TeamQuestion): Refusal | undefined {
  const names = directory.clusters.map(({ name }) => name);
  if (cluster === undefined || names.includes(cluster)) return undefined;
  const near = closest(cluster, names);
  return no(
    "UnknownCluster",
    `there is no cluster "${cluster.slice(0, 63)}" in the configuration`,
    near === undefined ? `name one of ${some(names)}` : `did you mean \`in ${near}\`?`,
  );
}

function notThere(team: Team, { cluster, namespace }: TeamQuestion): Refusal {
  const asked = [cluster, namespace].filter((part) => part !== undefined).join("/");
  return no(
    "TeamNotThere",
    `team ${team.name} has no place "${asked}"`,
    `it has ${placesText(team.placements)}`,
  );
}

function severalPlaces(team: Team, placements: readonly Placement[]): Refusal {
  return no(
    "SeveralPlaces",
    `team ${team.name} has several places: ${placesText(placements)}`,
    `say which: \`in ${placements[0]?.cluster ?? ""}/${placements[0]?.namespace ?? ""}\``,
  );
}

function placesText(placements: readonly Placement[]): string {
  return some(placements.map(({ cluster, namespace }) => `${cluster}/${namespace}`));
}

const SHOWN = 20;

/** A directory may hold hundreds; an answer is read on a phone. */
function some(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more <= 0 ? names.join(", ") : `${names.slice(0, SHOWN).join(", ")} and ${more} more`;
}
