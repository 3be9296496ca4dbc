import type { JsonObject } from "./json.ts";

/**
 * What sort of person `users.info` describes (https://docs.slack.dev/reference/objects/user-object):
 * `guest` is a multi-channel guest (`is_restricted`), `single_channel_guest` also `is_ultra_restricted`,
 * `external` somebody of another workspace in a shared channel, `stranger` one with whom no channel is shared that the
 * app sees (`is_stranger`).
 */
export type UserKind =
  | "member"
  | "guest"
  | "single_channel_guest"
  | "external"
  | "stranger"
  | "bot"
  | "deactivated";

export interface UserSpec {
  readonly name: string;
  /** Default: made of the name, such as `U0ALICE000`. */
  readonly id?: string;
  readonly realName?: string;
  /** Default `member`. */
  readonly kind?: UserKind;
}

export interface SlackUser {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly kind: UserKind;
  readonly teamId: string;
}

export interface ChannelSpec {
  readonly name: string;
  readonly id?: string;
  /** Names or ids; default: every user of the world. The bot is added unless `withoutBot`. */
  readonly members?: readonly string[];
  readonly withoutBot?: boolean;
  readonly isPrivate?: boolean;
  readonly isExtShared?: boolean;
  readonly isArchived?: boolean;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly members: ReadonlySet<string>;
  readonly isPrivate: boolean;
  readonly isExtShared: boolean;
  readonly isArchived: boolean;
  /** Set for a direct message with the bot: the person in it. */
  readonly imUser?: string;
}

export interface UserGroupSpec {
  /** Without `@`. */
  readonly handle: string;
  readonly id?: string;
  readonly name?: string;
  /** Names or ids. */
  readonly members: readonly string[];
  readonly disabled?: boolean;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
  readonly disabled: boolean;
}

/** A message as the Web API shows it (https://docs.slack.dev/messaging), with its channel. */
export interface Message {
  readonly type: "message";
  readonly channel: string;
  /** Slack's message id within the channel; a string, never a number. */
  readonly ts: string;
  readonly thread_ts?: string;
  readonly user: string;
  readonly team: string;
  readonly text: string;
  readonly blocks?: readonly JsonObject[];
  readonly attachments?: readonly JsonObject[];
  readonly metadata?: JsonObject;
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly bot_profile?: JsonObject;
  readonly client_msg_id?: string;
  readonly subtype?: string;
  readonly reactions?: readonly Reaction[];
}

export interface Reaction {
  readonly name: string;
  readonly users: readonly string[];
  readonly count: number;
}

/** A message only one person sees; it is no part of the channel's history. */
export interface Ephemeral {
  readonly to: string;
  readonly message: Message;
}

/** A modal as stored (https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload). */
export interface View {
  readonly id: string;
  readonly user: string;
  readonly hash: string;
  readonly rootViewId: string;
  readonly previousViewId: string | undefined;
  /** What the app sent: type, title, blocks, callback_id, private_metadata … */
  readonly definition: JsonObject;
  /** Typed so far or at the last submission: block_id → action_id → element state. */
  readonly values: JsonObject;
  /** block_id → sentence, as the last `response_action: errors` said. */
  readonly errors: JsonObject;
}
