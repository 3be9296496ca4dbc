import { APP_ID, BOT_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID } from "../world.ts";
import type { ApiMethod } from "./method.ts";

/** https://docs.slack.dev/reference/methods/auth.test */
export const authTest: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: ({ world }) => ({
    url: `https://${TEAM_DOMAIN}.slack.com/`,
    team: TEAM_DOMAIN,
    user: world.botName,
    team_id: TEAM_ID,
    user_id: BOT_USER_ID,
    bot_id: BOT_ID,
    is_enterprise_install: false,
  }),
};

/** https://docs.slack.dev/reference/methods/apps.connections.open */
export const appsConnectionsOpen: ApiMethod = {
  token: "app",
  scopes: ["connections:write"],
  handle: ({ socket, origin }) => ({
    url: `${origin.replace(/^http/u, "ws")}/link/?ticket=${socket.ticket()}&app_id=${APP_ID}`,
  }),
};
