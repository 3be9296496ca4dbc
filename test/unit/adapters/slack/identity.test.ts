import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Logger, LogLevel, WebClient } from "@slack/web-api";
import { RetryableError } from "#src/ports/errors.ts";
import type { Identity } from "#src/ports/chat/identity.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { type SlackSimulator, startSlackSimulator } from "#test/simulators/slack/server.ts";

let slack: SlackSimulator;
let identity: Identity;
let now: number;

beforeEach(async () => {
  now = 1_000_000;
  slack = await startSlackSimulator({
    users: [
      { name: "alice", realName: "Alice" },
      { name: "gus", kind: "guest" },
      { name: "sue", kind: "single_channel_guest" },
      { name: "eve", kind: "external" },
      { name: "stan", kind: "stranger" },
      { name: "dora", kind: "deactivated" },
      { name: "robo", kind: "bot" },
    ],
    userGroups: [{ handle: "security", id: "S0SECURITY", members: ["alice"] }],
  });
  const client = new WebClient(slack.botToken, {
    slackApiUrl: slack.url,
    logger: QUIET,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
  identity = createIdentity(client, { now: () => now });
});

afterEach(() => slack.close());

function calls(method: string): number {
  return slack.log.filter((call) => call.method === method).length;
}

function idOf(name: string): string {
  return slack.world.user(name).id;
}

describe("who somebody is", () => {
  it.each([
    ["alice", {}],
    ["gus", { guest: true }],
    ["sue", { guest: true }],
    ["dora", { deactivated: true }],
    ["robo", { bot: true }],
  ])("%s", async (name, differs) => {
    const teamId = await identity.homeTeam();

    expect(await identity.person(idOf(name))).toMatchObject({
      userId: idOf(name),
      teamId,
      deactivated: false,
      bot: false,
      guest: false,
      stranger: false,
      ...differs,
    });
  });

  it.each([
    ["in a channel we share", "eve", false],
    ["in none", "stan", true],
  ])("somebody of another organisation has another home, %s", async (_where, name, stranger) => {
    const person = await identity.person(idOf(name));

    expect(person?.teamId).not.toBe(await identity.homeTeam());
    expect(person?.stranger).toBe(stranger);
  });

  it("an id Slack does not know is nobody", async () => {
    expect(await identity.person("U0NOBODY00")).toBeUndefined();
  });
});

describe("what was looked up", () => {
  it("is kept for less than a minute, with the moment Slack was asked", async () => {
    expect(await identity.members("S0SECURITY")).toEqual({
      users: [idOf("alice")],
      checkedAt: 1_000_000,
    });
    slack.world.setUserGroup({ handle: "security", id: "S0SECURITY", members: ["gus"] });
    slack.world.setUserKind("alice", "deactivated");

    now += 59_999;
    expect(await identity.members("S0SECURITY")).toMatchObject({ checkedAt: 1_000_000 });
    expect(calls("usergroups.users.list")).toBe(1);

    now += 1;
    expect(await identity.members("S0SECURITY")).toEqual({
      users: [idOf("gus")],
      checkedAt: 1_060_000,
    });
    expect(calls("usergroups.users.list")).toBe(2);
  });

  it("is asked for once by many at the same moment", async () => {
    await Promise.all(Array.from({ length: 20 }, () => identity.members("S0SECURITY")));
    await Promise.all(Array.from({ length: 20 }, () => identity.person(idOf("alice"))));

    expect(calls("usergroups.users.list")).toBe(1);
    expect(calls("users.info")).toBe(1);
  });

  it.each([0, 1, 30_000, 1e15])(
    "is asked for once, and waited for, where the click is %i ms ahead of our clock",
    async (aheadMs) => {
      const retryAfterMs = Math.min(aheadMs + 1, 60_000);

      await expect(identity.members("S0SECURITY", now + aheadMs)).rejects.toMatchObject({
        name: "RetryableError",
        retryAfterMs,
      });
      expect(calls("usergroups.users.list")).toBe(1);

      now += retryAfterMs;
      if (aheadMs < 60_000)
        expect(await identity.members("S0SECURITY", now - 1)).toMatchObject({ checkedAt: now });
    },
  );

  it("of one is never another's", async () => {
    const [alice, gus] = await Promise.all([
      identity.person(idOf("alice")),
      identity.person(idOf("gus")),
    ]);

    expect([alice?.guest, gus?.guest]).toEqual([false, true]);
  });
});

describe("a look-up that fails", () => {
  it.each([
    ["a passing error", { error: "internal_error" }],
    ["a missing scope", { error: "missing_scope" }],
    ["a rate limit", { retryAfter: 30 }],
    ["a server error", { status: 503 }],
    ["a cut connection", { dropBefore: true }],
  ])("for %s may be tried again, and is not remembered", async (_what, fault) => {
    for (const look of [
      () => identity.members("S0SECURITY"),
      () => identity.person(idOf("alice")),
    ]) {
      slack.faults.next({ method: /users/ }, fault);
      await expect(look()).rejects.toBeInstanceOf(RetryableError);
      expect(await look()).toBeDefined();
    }
  });

  it("once it was known before does not stand in for the answer", async () => {
    await identity.members("S0SECURITY");
    now += 60_000;
    slack.faults.next({ method: "usergroups.users.list" }, { error: "internal_error" });

    await expect(identity.members("S0SECURITY")).rejects.toBeInstanceOf(RetryableError);
  });

  it("of a group Slack does not know is not an empty group", async () => {
    await expect(identity.members("S0NOBODY00")).rejects.toBeInstanceOf(RetryableError);
  });
});

/** What the SDK says of the errors these tests cause is noise. */
const QUIET: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

describe("the groups somebody is in", () => {
  it("are those that are enabled, asked for once a minute for all", async () => {
    slack.world.setUserGroup({
      handle: "old",
      id: "S0OLD00000",
      members: ["alice"],
      disabled: true,
    });

    expect(await identity.groupsOf(idOf("alice"))).toEqual(["S0SECURITY"]);
    expect(await identity.groupsOf(idOf("gus"))).toEqual([]);
    expect(calls("usergroups.list")).toBe(1);
    now += 61_000;
    slack.world.setUserGroup({ handle: "security", id: "S0SECURITY", members: ["gus"] });
    expect(await identity.groupsOf(idOf("gus"))).toEqual(["S0SECURITY"]);
  });

  it("are not known while Slack does not answer, which is not the same as none", async () => {
    slack.faults.next({ method: "usergroups.list" }, { status: 500 });

    await expect(identity.groupsOf(idOf("alice"))).rejects.toBeInstanceOf(RetryableError);
    expect(await identity.groupsOf(idOf("alice"))).toEqual(["S0SECURITY"]);
  });
});
