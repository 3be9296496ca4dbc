import type { JsonObject } from "../json.ts";
import type { Channel, Message } from "../model.ts";
import { APP_ID, BOT_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID } from "../world.ts";
import type { World } from "../world.ts";
import { POST_TEXT_LIMIT, readContent, UPDATE_TEXT_LIMIT } from "./message-content.ts";
import type { Content } from "./message-content.ts";
import type { ApiArguments, ApiContext, ApiMethod } from "./method.ts";
import { ApiRefusal } from "./refusal.ts";

/** https://docs.slack.dev/reference/methods/chat.postMessage */
export const chatPostMessage: ApiMethod = {
  token: "bot",
  scopes: ["chat:write"],
  handle: (context, args) => {
    const channel = writableChannel(context.world, args.required("channel"));
    const content = readContent(args);
    takePostingRight(context, channel.id);
    const message = context.world.putMessage({
      ...ownMessage(context.world, channel.id, args),
      ...shown(content),
      text: content.text.slice(0, POST_TEXT_LIMIT),
    });
    return { channel: channel.id, ts: message.ts, message: withoutChannel(message) };
  },
};

/** https://docs.slack.dev/reference/methods/chat.update: text without blocks removes the blocks; metadata stays. */
export const chatUpdate: ApiMethod = {
  token: "bot",
  scopes: ["chat:write"],
  handle: (context, args) => {
    const { world } = context;
    const channel = writableChannel(world, args.required("channel"));
    const found = ownFoundMessage(world, channel, args.required("ts"), "cant_update_message");
    const content = readContent(args);
    if (content.text.length > UPDATE_TEXT_LIMIT) throw new ApiRefusal("msg_too_long");
    const { blocks, attachments, ...kept } = found;
    const message = world.putMessage({
      ...kept,
      ...(content.hasText || blocks === undefined ? {} : { blocks }),
      ...(content.hasText || attachments === undefined ? {} : { attachments }),
      ...shown(content),
      text: content.hasText ? content.text : found.text,
      edited: { user: BOT_USER_ID, ts: world.nextTs() },
    });
    return {
      channel: channel.id,
      ts: message.ts,
      text: message.text,
      message: withoutChannel(message),
    };
  },
};

/** https://docs.slack.dev/reference/methods/chat.delete: a root with replies leaves a tombstone. */
export const chatDelete: ApiMethod = {
  token: "bot",
  scopes: ["chat:write"],
  handle: ({ world }, args) => {
    const channel = writableChannel(world, args.required("channel"));
    const found = ownFoundMessage(world, channel, args.required("ts"), "cant_delete_message");
    if (world.thread(channel.id, found.ts).length > 1) {
      const { type, ts, user, team } = found;
      const text = "This message was deleted.";
      world.putMessage({ type, channel: channel.id, ts, user, team, text, subtype: "tombstone" });
    } else {
      world.removeMessage(channel.id, found.ts);
    }
    return { channel: channel.id, ts: found.ts };
  },
};

/** https://docs.slack.dev/reference/methods/chat.postEphemeral */
export const chatPostEphemeral: ApiMethod = {
  token: "bot",
  scopes: ["chat:write"],
  handle: (context, args) => {
    const channel = writableChannel(context.world, args.required("channel"));
    const user = context.world.findUser(args.required("user"));
    if (user === undefined || !channel.members.has(user.id)) {
      throw new ApiRefusal("user_not_in_channel");
    }
    const content = readContent(args);
    if (content.text.length > POST_TEXT_LIMIT) throw new ApiRefusal("msg_too_long");
    const message: Message = {
      ...ownMessage(context.world, channel.id, args),
      ...shown(content),
    };
    context.world.putEphemeral({ to: user.id, message });
    return { message_ts: message.ts };
  },
};

/** https://docs.slack.dev/reference/methods/chat.getPermalink */
export const chatGetPermalink: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: ({ world }, args) => {
    const channel = world.findChannel(args.required("channel"));
    if (channel === undefined) throw new ApiRefusal("channel_not_found");
    const message = world.findMessage(channel.id, args.required("message_ts"));
    if (message === undefined) throw new ApiRefusal("message_not_found");
    const place = `archives/${channel.id}/p${message.ts.replace(".", "")}`;
    const inThread = message.thread_ts !== undefined && message.thread_ts !== message.ts;
    const query = inThread ? `?thread_ts=${message.thread_ts}&cid=${channel.id}` : "";
    return {
      channel: channel.id,
      permalink: `https://${TEAM_DOMAIN}.slack.com/${place}${query}`,
    };
  },
};

/** https://docs.slack.dev/reference/methods/reactions.add */
export const reactionsAdd: ApiMethod = {
  token: "bot",
  scopes: ["reactions:write"],
  handle: ({ world }, args) => {
    const channel = writableChannel(world, args.required("channel"));
    const message = world.findMessage(channel.id, args.required("timestamp"));
    if (message === undefined) throw new ApiRefusal("message_not_found");
    const name = args.required("name");
    const reactions = message.reactions ?? [];
    const users = reactions.find((each) => each.name === name)?.users ?? [];
    if (users.includes(BOT_USER_ID)) throw new ApiRefusal("already_reacted");
    const added = { name, users: [...users, BOT_USER_ID], count: users.length + 1 };
    const others = reactions.filter((each) => each.name !== name);
    world.putMessage({ ...message, reactions: [...others, added] });
    return {};
  },
};

/** A message without the field `channel`, as answers carry it. */
export function withoutChannel(message: Message): JsonObject {
  const { channel: _channel, ...rest } = message;
  return rest;
}

/** The channel, or a person's direct message with the bot, if the bot may write there now. */
function writableChannel(world: World, id: string): Channel {
  const channel = /^[UW]/u.test(id) && world.findUser(id) ? world.directMessage(id) : undefined;
  const found =
    channel ?? world.channels().find((each) => each.id === id || `#${each.name}` === id);
  if (found === undefined) throw new ApiRefusal("channel_not_found");
  if (!found.members.has(BOT_USER_ID)) {
    throw new ApiRefusal(found.isPrivate ? "channel_not_found" : "not_in_channel");
  }
  if (found.isArchived) throw new ApiRefusal("is_archived");
  return found;
}

function ownFoundMessage(world: World, channel: Channel, ts: string, error: string): Message {
  const message = world.findMessage(channel.id, ts);
  if (message === undefined || message.subtype === "tombstone") {
    throw new ApiRefusal("message_not_found");
  }
  if (message.bot_id !== BOT_ID) throw new ApiRefusal(error);
  return message;
}

function takePostingRight(context: ApiContext, channel: string): void {
  const retryAfter = context.limit.take(channel);
  if (retryAfter !== undefined) throw new ApiRefusal("ratelimited", {}, retryAfter);
}

function ownMessage(world: World, channel: string, args: ApiArguments): Message {
  const threadTs = args.text("thread_ts");
  return {
    type: "message",
    channel,
    ts: world.nextTs(),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(args.flag("reply_broadcast") ? { subtype: "thread_broadcast" } : {}),
    user: BOT_USER_ID,
    bot_id: BOT_ID,
    app_id: APP_ID,
    team: TEAM_ID,
    text: "",
  };
}

function shown(content: Content): Omit<Content, "hasText"> {
  const { hasText: _hasText, ...rest } = content;
  return rest;
}
