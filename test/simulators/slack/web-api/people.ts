import type { JsonObject } from "../json.ts";
import type { SlackUser, UserGroup } from "../model.ts";
import { TEAM_ID } from "../world.ts";
import type { ApiMethod } from "./method.ts";
import { ApiRefusal } from "./refusal.ts";

/** https://docs.slack.dev/reference/methods/users.info */
export const usersInfo: ApiMethod = {
  token: "bot",
  scopes: ["users:read"],
  handle: ({ world }, args) => {
    const id = args.required("user");
    const user = world.users().find((each) => each.id === id);
    if (user === undefined) throw new ApiRefusal("user_not_found");
    return { user: userOnWire(user) };
  },
};

/** https://docs.slack.dev/reference/methods/usergroups.list */
export const usergroupsList: ApiMethod = {
  token: "bot",
  scopes: ["usergroups:read"],
  handle: ({ world }, args) => {
    const groups = world
      .userGroups()
      .filter((group) => !group.disabled || args.flag("include_disabled"));
    return {
      usergroups: groups.map((group) => groupOnWire(group, args.flag("include_users"))),
    };
  },
};

/** https://docs.slack.dev/reference/methods/usergroups.users.list */
export const usergroupsUsersList: ApiMethod = {
  token: "bot",
  scopes: ["usergroups:read"],
  handle: ({ world }, args) => {
    const id = args.required("usergroup");
    const group = world.userGroups().find((each) => each.id === id);
    const hidden = group?.disabled === true && !args.flag("include_disabled");
    if (group === undefined || hidden) throw new ApiRefusal("no_such_subteam");
    return { users: group.members };
  },
};

function userOnWire(user: SlackUser): JsonObject {
  const { kind } = user;
  return {
    id: user.id,
    team_id: user.teamId,
    name: user.name,
    real_name: user.realName,
    tz: "Europe/Berlin",
    profile: { real_name: user.realName, display_name: user.name, team: user.teamId },
    deleted: kind === "deactivated",
    is_bot: kind === "bot",
    is_app_user: false,
    is_admin: false,
    is_owner: false,
    is_restricted: kind === "guest" || kind === "single_channel_guest",
    is_ultra_restricted: kind === "single_channel_guest",
    ...(kind === "stranger" ? { is_stranger: true } : {}),
  };
}

function groupOnWire(group: UserGroup, withUsers: boolean): JsonObject {
  return {
    id: group.id,
    team_id: TEAM_ID,
    is_usergroup: true,
    is_subteam: true,
    handle: group.handle,
    name: group.name,
    description: "",
    date_delete: group.disabled ? 1_700_000_000 : 0,
    user_count: group.members.length,
    ...(withUsers ? { users: group.members } : {}),
  };
}
