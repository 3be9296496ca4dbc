import type { Team } from "../directory.ts";

/** What the grammar knows of this installation. Each part may be missing: then less is recognised, and nothing is wrong. */
export interface Names {
  readonly botName?: string;
  /** For examples that would work here. */
  readonly team?: string;
  readonly cluster?: string;
  /** Of the card in whose thread it was written. */
  readonly code?: string;
  /** All of them: tells `for TEAM` from other words after "for", also in a reason. */
  readonly teams?: readonly Pick<Team, "name" | "channel" | "userGroup">[];
  readonly clusters?: readonly string[];
  /** Epoch milliseconds; without it `until friday` is no date. */
  readonly now?: number;
  /** The longest a grant may last here. Milliseconds. */
  readonly maxMs?: number;
}

/** A DNS label, as teams and clusters are named in the configuration. */
export const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * The team a word names: a mentioned user group (`@S…`) or channel (`#C…`) stands for the team it belongs to. Where the
 * teams are not known, it stays as it is, for `resolveTeam`.
 */
export function teamWord(typed: string, { teams = [] }: Names): string {
  const [, mark, id = ""] = /^([@#])(.+)$/.exec(typed) ?? [];
  if (mark === undefined) return typed.toLowerCase();
  const [team, ...others] = teams.filter((each) => idOf(each, mark) === id);
  if (team !== undefined && others.length === 0) return team.name;
  return isSlackId(id) ? typed : id.toLowerCase();
}

function idOf(team: Pick<Team, "channel" | "userGroup">, mark: string): string | undefined {
  return mark === "@" ? team.userGroup : team.channel;
}

/** https://docs.slack.dev/messaging/formatting-message-text#mentioning-groups */
export function isSlackId(text: string): boolean {
  return /^[A-Z][A-Z0-9]+$/.test(text);
}

/** Whether a team of that name is known to be there. */
export function isKnownTeam(name: string, { team, teams = [] }: Names): boolean {
  return name === team || teams.some((each) => each.name === name);
}

export function isKnownCluster(name: string, { cluster, clusters = [] }: Names): boolean {
  return name === cluster || clusters.includes(name);
}
