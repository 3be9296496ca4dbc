import { blocksValidate } from "./blocks.ts";
import * as chat from "./chat.ts";
import * as conversations from "./conversations.ts";
import type { ApiMethod } from "./method.ts";
import * as people from "./people.ts";
import * as session from "./session.ts";
import * as views from "./views.ts";

/** Every Web API method the simulator knows. */
export const API_METHODS: ReadonlyMap<string, ApiMethod> = new Map([
  ["auth.test", session.authTest],
  ["apps.connections.open", session.appsConnectionsOpen],
  ["blocks.validate", blocksValidate],
  ["chat.postMessage", chat.chatPostMessage],
  ["chat.update", chat.chatUpdate],
  ["chat.delete", chat.chatDelete],
  ["chat.postEphemeral", chat.chatPostEphemeral],
  ["chat.getPermalink", chat.chatGetPermalink],
  ["reactions.add", chat.reactionsAdd],
  ["conversations.info", conversations.conversationsInfo],
  ["conversations.members", conversations.conversationsMembers],
  ["conversations.history", conversations.conversationsHistory],
  ["conversations.replies", conversations.conversationsReplies],
  ["conversations.open", conversations.conversationsOpen],
  ["users.info", people.usersInfo],
  ["usergroups.list", people.usergroupsList],
  ["usergroups.users.list", people.usergroupsUsersList],
  ["views.open", views.viewsOpen],
  ["views.publish", views.viewsPublish],
  ["views.push", views.viewsPush],
  ["views.update", views.viewsUpdate],
]);
