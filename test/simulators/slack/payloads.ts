import { randomUUID } from "node:crypto";
import type { JsonObject } from "./json.ts";
import type { Channel, Ephemeral, Message, SlackUser, View } from "./model.ts";
import { viewOnWire } from "./views.ts";
import { APP_ID, BOT_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID } from "./world.ts";
import { withoutChannel } from "./web-api/chat.ts";

/** The outer event (https://docs.slack.dev/apis/events-api#callback-field). */
export function eventCallback(event: JsonObject, isExtShared: boolean, atMs: number): JsonObject {
  return {
    token: "verification",
    team_id: TEAM_ID,
    context_team_id: TEAM_ID,
    context_enterprise_id: null,
    api_app_id: APP_ID,
    event,
    type: "event_callback",
    event_id: `Ev${randomUUID().replaceAll("-", "").slice(0, 10).toUpperCase()}`,
    event_time: Math.floor(atMs / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: TEAM_ID,
        user_id: BOT_USER_ID,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: isExtShared,
    event_context: randomUUID(),
  };
}

/**
 * https://docs.slack.dev/reference/events/app_mention; people of other workspaces come with `user_team`, bots with
 * `bot_id`, and what an app wrote with a person's token with that person and what names the app:
 * https://docs.slack.dev/tools/node-slack-sdk/reference/types/interfaces/AppMentionEvent
 */
export function appMention(message: Message, author: SlackUser): JsonObject {
  const external = author.teamId !== TEAM_ID;
  return {
    ...withoutChannel(message),
    type: "app_mention",
    channel: message.channel,
    event_ts: message.edited?.ts ?? message.ts,
    ...(author.kind === "bot" ? { bot_id: author.id.replace(/^U/, "B") } : {}),
    ...(external ? { user_team: author.teamId, source_team: author.teamId } : {}),
  };
}

/** What an interaction may be answered with. */
export interface Handles {
  readonly triggerId: string;
  readonly responseUrl: string;
}

/** https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling */
export function slashCommand(
  user: SlackUser,
  channel: Channel,
  typed: { readonly command: string; readonly text: string } & Handles,
): JsonObject {
  return {
    token: "verification",
    team_id: TEAM_ID,
    team_domain: TEAM_DOMAIN,
    channel_id: channel.id,
    channel_name: channel.imUser === undefined ? channel.name : "directmessage",
    user_id: user.id,
    user_name: user.name,
    command: typed.command,
    text: typed.text,
    api_app_id: APP_ID,
    is_enterprise_install: "false",
    response_url: typed.responseUrl,
    trigger_id: typed.triggerId,
  };
}

/** https://docs.slack.dev/reference/interaction-payloads/block_actions-payload, of a message. */
export function messageAction(
  user: SlackUser,
  clicked: {
    readonly message: Message;
    readonly channel: Channel;
    readonly action: JsonObject;
    readonly ephemeral: Ephemeral | undefined;
    readonly state: JsonObject;
  },
  handles: Handles,
): JsonObject {
  const { message, channel, action, ephemeral } = clicked;
  const isEphemeral = ephemeral !== undefined;
  return {
    type: "block_actions",
    ...interactionBase(user),
    container: {
      type: "message",
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
    },
    trigger_id: handles.triggerId,
    channel: { id: channel.id, name: channel.name },
    ...(isEphemeral ? {} : { message: asGivenBack(message) }),
    state: { values: clicked.state },
    response_url: handles.responseUrl,
    actions: [action],
  };
}

/** Blocks come back with the ids Slack gave them: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
function asGivenBack(message: Message): JsonObject {
  const blocks = message.blocks?.map((block, at) => ({ block_id: `b${at}`, ...block }));
  return { ...withoutChannel(message), ...(blocks === undefined ? {} : { blocks }) };
}

/** The same of a modal: no channel, no message, no response_url. */
export function viewAction(
  user: SlackUser,
  view: View,
  clicked: { readonly action: JsonObject; readonly triggerId: string },
): JsonObject {
  const wire = viewOnWire(view);
  return {
    type: "block_actions",
    ...interactionBase(user),
    container: { type: "view", view_id: view.id },
    trigger_id: clicked.triggerId,
    view: wire,
    state: wire["state"],
    actions: [clicked.action],
  };
}

/** https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload, of a global shortcut: no channel. */
export function globalShortcut(
  user: SlackUser,
  of: { readonly callbackId: string; readonly actionTs: string; readonly triggerId: string },
): JsonObject {
  const { bot_id: _bot, ...base } = interactionBase(user);
  return {
    type: "shortcut",
    ...base,
    action_ts: of.actionTs,
    callback_id: of.callbackId,
    trigger_id: of.triggerId,
  };
}

/** The same of a message: with the message, its channel and a response_url. */
export function messageShortcut(
  user: SlackUser,
  on: { readonly message: Message; readonly channel: Channel },
  of: { readonly callbackId: string; readonly actionTs: string } & Handles,
): JsonObject {
  const { message, channel } = on;
  const { bot_id: _bot, ...base } = interactionBase(user);
  return {
    type: "message_action",
    ...base,
    action_ts: of.actionTs,
    callback_id: of.callbackId,
    trigger_id: of.triggerId,
    response_url: of.responseUrl,
    message_ts: message.ts,
    channel: { id: channel.id, name: channel.name },
    message: withoutChannel(message),
  };
}

/** https://docs.slack.dev/reference/events/app_home_opened; `view`: what was published before. */
export function appHomeOpened(
  user: SlackUser,
  of: { readonly channel: Channel; readonly tab: string; readonly view: View | undefined },
  eventTs: string,
): JsonObject {
  return {
    type: "app_home_opened",
    user: user.id,
    channel: of.channel.id,
    event_ts: eventTs,
    tab: of.tab,
    ...(of.view === undefined ? {} : { view: viewOnWire(of.view) }),
  };
}

/**
 * https://docs.slack.dev/reference/events/message.im: everything said to the app there, its own answers too. An edit is a
 * message of its own, https://docs.slack.dev/reference/events/message/message_changed.
 */
export function directMessage(message: Message, before: Message | undefined): JsonObject {
  const plain = withoutChannel(message);
  const place = { channel: message.channel, channel_type: "im" };
  return before === undefined
    ? { ...plain, ...place, event_ts: message.ts }
    : {
        type: "message",
        subtype: "message_changed",
        hidden: true,
        ...place,
        ts: message.edited?.ts ?? message.ts,
        event_ts: message.edited?.ts ?? message.ts,
        message: plain,
        previous_message: withoutChannel(before),
      };
}

/** https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload */
export function viewSubmission(user: SlackUser, view: View, triggerId: string): JsonObject {
  return {
    type: "view_submission",
    ...interactionBase(user),
    trigger_id: triggerId,
    view: viewOnWire(view),
    response_urls: [],
  };
}

export function viewClosed(user: SlackUser, view: View, isCleared: boolean): JsonObject {
  return {
    type: "view_closed",
    ...interactionBase(user),
    view: viewOnWire(view),
    is_cleared: isCleared,
  };
}

function interactionBase(user: SlackUser): JsonObject {
  return {
    team: { id: TEAM_ID, domain: TEAM_DOMAIN },
    user: { id: user.id, username: user.name, name: user.name, team_id: user.teamId },
    api_app_id: APP_ID,
    bot_id: BOT_ID,
    token: "verification",
    enterprise: null,
    is_enterprise_install: false,
  };
}
