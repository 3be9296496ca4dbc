import type { Message } from "#test/simulators/slack/model.ts";
import type { SayOptions } from "#test/simulators/slack/person.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { SECURITY } from "#test/support/people.ts";

/** What can be decided in Slack. */
export type Verdict = "approve" | "deny" | "revoke" | "cancel" | "freeze" | "unfreeze";

const ALL: readonly Verdict[] = ["approve", "deny", "revoke", "cancel", "freeze", "unfreeze"];

/** Somebody who may not decide. */
export interface Attacker {
  readonly who: string;
  readonly user: string;
  /** It is an app, which has this person's token: it writes, and clicks nothing. */
  readonly app?: NonNullable<SayOptions["app"]>;
  readonly mayNot: readonly Verdict[];
  /** May decide, and does so elsewhere than where it counts. */
  readonly elsewhere: boolean;
}

type App = Pick<Message, "bot_id" | "app_id" | "bot_profile">;

const BOT_ID = "B0OTHERAPP0";
const APP_ID = "A0OTHERAPP0";

/** How Slack names an app: never by all of these for certain. */
const APPS: readonly (readonly [by: string, app: App])[] = [
  ["bot_id", { bot_id: BOT_ID }],
  ["app_id", { app_id: APP_ID }],
  [
    "bot_id, app_id and profile",
    {
      bot_id: BOT_ID,
      app_id: APP_ID,
      bot_profile: { id: BOT_ID, app_id: APP_ID, name: "other", deleted: false },
    },
  ],
];

function person(
  who: string,
  user: string,
  changed: Partial<Omit<Attacker, "who" | "user">> = {},
): Attacker {
  return { who, user, mayNot: ALL, elsewhere: false, ...changed };
}

export const ATTACKERS: readonly Attacker[] = [
  ...APPS.flatMap(([by, app]) => [
    person(`an app with an approver's token, known by ${by}`, "sam", { app }),
    person(`an app with the requester's token, known by ${by}`, "alice", { app }),
  ]),
  person("somebody of another workspace", "eve"),
  person("a stranger", "stan"),
  person("a guest", "gus"),
  person("a guest of one channel", "sue"),
  person("somebody who left", "dora"),
  person("a bot", "robo"),
  person("who is in no group", "mallory"),
  person("who asked", "alice", { mayNot: ["approve", "deny"] }),
  person("an approver, elsewhere", "sam", { mayNot: ["approve", "deny"], elsewhere: true }),
];

/** Everybody is where they can write, and in the groups: who is refused, is so for another reason. */
export function invite({ world }: SlackSimulator): void {
  world.addUser({ name: "eve", kind: "external" });
  world.addUser({ name: "stan", kind: "stranger" });
  world.addUser({ name: "sue", kind: "single_channel_guest" });
  world.addUser({ name: "dora", kind: "deactivated" });
  world.addUser({ name: "robo", kind: "bot" });
  for (const channel of [SECURITY, "C0TEAMX000", "C0TEAMY000"])
    world.changeChannel(channel, { members: new Set(world.users().map(({ id }) => id)) });
  const members = [...new Set(ATTACKERS.map(({ user }) => user))].filter(
    (user) => user !== "mallory",
  );
  world.setUserGroup({ handle: "security-egress", id: "S0SECURITY", members });
  world.setUserGroup({ handle: "team-x", id: "S0TEAMX000", members });
}
