import type { UsersInfoResponse, WebClient } from "@slack/web-api";
import type { Clock } from "#src/ports/clock.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Identity, PersonFacts } from "#src/ports/chat/identity.ts";
import { platformWord, slackError } from "./web-api-error.ts";

/** How old an answer may be. `usergroups.users.list` allows about 20 calls a minute. */
const FRESH_MS = 60_000;

/**
 * `Identity` over Slack's Web API: one look-up at a time per question, answers kept for a minute, failures never.
 * https://docs.slack.dev/reference/methods/usergroups.users.list
 */
export function createIdentity(client: WebClient, clock: Clock): Identity {
  const home = remembering(clock, () => readHome(client), Number.POSITIVE_INFINITY);
  const people = new Map<
    string,
    (since?: number) => Promise<{ readonly value: PersonFacts | undefined; readonly at: number }>
  >();
  const groups = new Map<
    string,
    (since?: number) => Promise<{ readonly value: readonly string[]; readonly at: number }>
  >();
  const everyGroup = remembering(clock, () => readGroups(client), FRESH_MS);
  return {
    homeTeam: async () => (await home()).value,
    async groupsOf(userId) {
      const { value } = await everyGroup();
      return value.filter(({ users }) => users.includes(userId)).map(({ id }) => id);
    },
    async person(userId, since) {
      const look =
        people.get(userId) ?? remembering(clock, () => readPerson(client, userId), FRESH_MS);
      people.set(userId, look);
      return (await look(since)).value;
    },
    async members(group, since) {
      const look =
        groups.get(group) ?? remembering(clock, () => readMembers(client, group), FRESH_MS);
      groups.set(group, look);
      const { value, at } = await look(since);
      return { users: value, checkedAt: at };
    },
  };
}

function remembering<Value>(clock: Clock, read: () => Promise<Value>, freshMs: number) {
  let last: { readonly value: Value; readonly at: number } | undefined;
  let running: Promise<{ readonly value: Value; readonly at: number }> | undefined;
  async function fetch(): Promise<{ readonly value: Value; readonly at: number }> {
    const at = clock.now();
    try {
      last = { value: await read(), at };
      return last;
    } finally {
      running = undefined;
    }
  }
  return async function look(since = 0): Promise<{ readonly value: Value; readonly at: number }> {
    if (last !== undefined && clock.now() - last.at < freshMs && last.at > since) return last;
    running ??= fetch();
    const answer = await running;
    if (answer.at > since) return answer;
    // One that was under way already may have been asked too early; no other helps before our clock says that it is later.
    const aheadMs = since - clock.now();
    if (aheadMs >= 0)
      throw new RetryableError("asking Slack after a click that is yet to come by this clock", {
        retryAfterMs: Math.min(aheadMs + 1, FRESH_MS),
      });
    return look(since);
  };
}

async function readHome(client: WebClient): Promise<string> {
  try {
    const { team_id: team } = await client.auth.test();
    if (team === undefined) throw new TypeError("auth.test answered without team_id");
    return team;
  } catch (error) {
    throw new RetryableError("asking Slack for the home workspace", { cause: error });
  }
}

async function readPerson(client: WebClient, userId: string): Promise<PersonFacts | undefined> {
  try {
    const { user } = await client.users.info({ user: userId });
    return user === undefined ? undefined : toFacts(user);
  } catch (error) {
    const word = platformWord(error);
    if (word === "user_not_found" || word === "user_not_visible") return undefined;
    throw lookupFailed(`looking up ${userId}`, error);
  }
}

function toFacts(user: NonNullable<UsersInfoResponse["user"]>): PersonFacts | undefined {
  if (user.id === undefined || user.team_id === undefined) return undefined;
  return {
    userId: user.id,
    teamId: user.team_id,
    name: user.profile?.display_name || user.real_name || user.name || user.id,
    deactivated: user.deleted === true,
    bot: user.is_bot === true || user.id === "USLACKBOT",
    guest: user.is_restricted === true || user.is_ultra_restricted === true,
    stranger: user.is_stranger === true,
  };
}

async function readMembers(client: WebClient, group: string): Promise<readonly string[]> {
  try {
    const { users } = await client.usergroups.users.list({ usergroup: group });
    if (users === undefined) throw new TypeError("usergroups.users.list answered without users");
    return users;
  } catch (error) {
    throw lookupFailed(`reading the members of user group ${group}`, error);
  }
}

interface GroupFacts {
  readonly id: string;
  readonly users: readonly string[];
}

/** https://docs.slack.dev/reference/methods/usergroups.list: all that are enabled, in one call. */
async function readGroups(client: WebClient): Promise<readonly GroupFacts[]> {
  try {
    const { usergroups = [] } = await client.usergroups.list({ include_users: true });
    return usergroups.flatMap(({ id, users = [] }) => (id === undefined ? [] : [{ id, users }]));
  } catch (error) {
    throw lookupFailed("reading the user groups", error);
  }
}

/** Also a missing scope or a deleted group only means "not known now": refusing and retrying is the safe side. */
function lookupFailed(doing: string, error: unknown): RetryableError {
  const mapped = slackError(doing, error);
  return mapped instanceof RetryableError ? mapped : new RetryableError(doing, { cause: mapped });
}
