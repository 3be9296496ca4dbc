import type { JsonObject } from "../json.ts";
import type { Channel, Message } from "../model.ts";
import { BOT_USER_ID, TEAM_ID } from "../world.ts";
import type { World } from "../world.ts";
import { withoutChannel } from "./chat.ts";
import { page } from "./method.ts";
import type { ApiArguments, ApiMethod } from "./method.ts";
import { ApiRefusal } from "./refusal.ts";

const READ = ["channels:read", "groups:read", "im:read", "mpim:read"];
const HISTORY = ["channels:history", "groups:history", "im:history", "mpim:history"];

/** https://docs.slack.dev/reference/methods/conversations.info */
export const conversationsInfo: ApiMethod = {
  token: "bot",
  scopes: READ,
  handle: ({ world }, args) => ({ channel: channelOnWire(visibleChannel(world, args)) }),
};

/** https://docs.slack.dev/reference/methods/conversations.members */
export const conversationsMembers: ApiMethod = {
  token: "bot",
  scopes: READ,
  handle: ({ world }, args) => {
    const { items, nextCursor } = page([...visibleChannel(world, args).members], args, 100);
    return { members: items, response_metadata: { next_cursor: nextCursor } };
  },
};

/** https://docs.slack.dev/reference/methods/conversations.history: newest first, replies left out. */
export const conversationsHistory: ApiMethod = {
  token: "bot",
  scopes: HISTORY,
  handle: ({ world }, args) => {
    const channel = readableChannel(world, args);
    const roots = world.messages(channel.id).filter((message) => !isReply(message));
    return listing(world, roots.toReversed(), args);
  },
};

/** https://docs.slack.dev/reference/methods/conversations.replies: the root first, then oldest first. */
export const conversationsReplies: ApiMethod = {
  token: "bot",
  scopes: HISTORY,
  handle: ({ world }, args) => {
    const channel = readableChannel(world, args);
    const asked = world.findMessage(channel.id, args.required("ts"));
    if (asked === undefined) throw new ApiRefusal("thread_not_found");
    return listing(world, world.thread(channel.id, asked.thread_ts ?? asked.ts), args);
  },
};

/** https://docs.slack.dev/reference/methods/conversations.open: a direct message with one person. */
export const conversationsOpen: ApiMethod = {
  token: "bot",
  scopes: ["im:write", "mpim:write"],
  handle: ({ world }, args) => {
    const users = args.required("users").split(",");
    const user = world.users().find((each) => each.id === users[0]);
    if (user === undefined || users.length !== 1) throw new ApiRefusal("user_not_found");
    if (user.kind === "deactivated") throw new ApiRefusal("user_disabled");
    return { channel: { id: world.directMessage(user.id).id } };
  },
};

function visibleChannel(world: World, args: ApiArguments): Channel {
  const id = args.required("channel");
  const channel = world.channels().find((each) => each.id === id);
  const hidden = channel?.isPrivate === true && !channel.members.has(BOT_USER_ID);
  if (channel === undefined || hidden) throw new ApiRefusal("channel_not_found");
  return channel;
}

function readableChannel(world: World, args: ApiArguments): Channel {
  const channel = visibleChannel(world, args);
  if (!channel.members.has(BOT_USER_ID)) throw new ApiRefusal("not_in_channel");
  return channel;
}

function channelOnWire(channel: Channel): JsonObject {
  return {
    id: channel.id,
    name: channel.name,
    is_channel: !channel.isPrivate,
    is_group: channel.isPrivate && channel.imUser === undefined,
    is_im: channel.imUser !== undefined,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_member: channel.members.has(BOT_USER_ID),
    is_shared: channel.isExtShared,
    is_ext_shared: channel.isExtShared,
    is_org_shared: false,
    is_pending_ext_shared: false,
    context_team_id: TEAM_ID,
    ...(channel.imUser === undefined ? {} : { user: channel.imUser }),
  };
}

function isReply(message: Message): boolean {
  const inThread = message.thread_ts !== undefined && message.thread_ts !== message.ts;
  return inThread && message.subtype !== "thread_broadcast";
}

function listing(world: World, all: readonly Message[], args: ApiArguments): JsonObject {
  const oldest = Number(args.text("oldest") ?? "0");
  const latest = Number(args.text("latest") ?? "Infinity");
  const inclusive = args.flag("inclusive");
  const within = all.filter(({ ts }) => {
    const at = Number(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
  const { items, nextCursor } = page(within, args, 100);
  return {
    messages: items.map((message) => listed(world, message, args.flag("include_all_metadata"))),
    has_more: nextCursor !== "",
    response_metadata: { next_cursor: nextCursor },
  };
}

function listed(world: World, message: Message, withMetadata: boolean): JsonObject {
  const { metadata, ...rest } = withoutChannel(message);
  const thread = world.thread(message.channel, message.ts);
  const root = thread.length > 1 ? { thread_ts: message.ts, reply_count: thread.length - 1 } : {};
  return { ...rest, ...root, ...(withMetadata && metadata !== undefined ? { metadata } : {}) };
}
