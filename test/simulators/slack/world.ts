import type { Clock } from "#src/ports/clock.ts";
import type {
  Channel,
  ChannelSpec,
  Ephemeral,
  Message,
  SlackUser,
  UserGroup,
  UserGroupSpec,
  UserKind,
  UserSpec,
} from "./model.ts";

export const TEAM_ID = "T0HOME0000";
export const EXTERNAL_TEAM_ID = "T0OTHER000";
export const APP_ID = "A0SALLYPORT";
export const BOT_ID = "B0SALLYPORT";
export const BOT_USER_ID = "U0SALLYPORT";
export const TEAM_DOMAIN = "sallyport-sim";

export interface WorldSpec {
  readonly botName?: string;
  readonly users?: readonly UserSpec[];
  readonly userGroups?: readonly UserGroupSpec[];
  readonly channels?: readonly ChannelSpec[];
}

/** The workspace: people, groups, channels and messages. Names and ids are both accepted where one is asked for. */
export class World {
  readonly clock: Clock;
  readonly botName: string;
  readonly #users = new Map<string, SlackUser>();
  readonly #groups = new Map<string, UserGroup>();
  readonly #channels = new Map<string, Channel>();
  readonly #messages = new Map<string, Message>();
  readonly #ephemerals: Ephemeral[] = [];
  readonly #listeners = new Set<() => void>();
  #lastMicros = 0;

  constructor(clock: Clock, spec: WorldSpec) {
    this.clock = clock;
    this.botName = spec.botName ?? "sallyport";
    this.addUser({ name: this.botName, id: BOT_USER_ID, kind: "bot" });
    for (const user of spec.users ?? []) this.addUser(user);
    for (const group of spec.userGroups ?? []) this.setUserGroup(group);
    for (const channel of spec.channels ?? []) this.addChannel(channel);
  }

  /** Calls `listener` after every change of the world; returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** A new, unique and increasing message id: epoch seconds, a dot and six digits. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, Math.floor(this.clock.now()) * 1000);
    const micros = String(this.#lastMicros).padStart(16, "0");
    return `${micros.slice(0, -6)}.${micros.slice(-6)}`;
  }

  addUser(spec: UserSpec): SlackUser {
    const kind = spec.kind ?? "member";
    const user: SlackUser = {
      id: spec.id ?? madeId("U", spec.name),
      name: spec.name,
      realName: spec.realName ?? spec.name,
      kind,
      teamId: kind === "external" || kind === "stranger" ? EXTERNAL_TEAM_ID : TEAM_ID,
    };
    this.#users.set(user.id, user);
    return user;
  }

  /** Makes somebody a guest, deactivated … from now on. */
  setUserKind(user: string, kind: UserKind): SlackUser {
    const { id, name, realName } = this.user(user);
    return this.addUser({ id, name, realName, kind });
  }

  findUser(user: string): SlackUser | undefined {
    return this.#users.get(user) ?? this.users().find((each) => each.name === user);
  }

  user(user: string): SlackUser {
    return this.findUser(user) ?? unknown("user", user);
  }

  users(): readonly SlackUser[] {
    return [...this.#users.values()];
  }

  /** Adds a user group, or replaces the one with that handle. */
  setUserGroup(spec: UserGroupSpec): UserGroup {
    const group: UserGroup = {
      id: spec.id ?? madeId("S", spec.handle),
      handle: spec.handle,
      name: spec.name ?? spec.handle,
      members: spec.members.map((member) => this.user(member).id),
      disabled: spec.disabled ?? false,
    };
    this.#groups.set(group.id, group);
    this.changed();
    return group;
  }

  userGroups(): readonly UserGroup[] {
    return [...this.#groups.values()];
  }

  addChannel(spec: ChannelSpec): Channel {
    const everybody = this.users().filter((user) => user.kind !== "bot");
    const members = (spec.members ?? everybody.map((user) => user.id)).map(
      (member) => this.user(member).id,
    );
    const channel: Channel = {
      id: spec.id ?? madeId("C", spec.name),
      name: spec.name,
      members: new Set(spec.withoutBot === true ? members : [...members, BOT_USER_ID]),
      isPrivate: spec.isPrivate ?? false,
      isExtShared: spec.isExtShared ?? false,
      isArchived: spec.isArchived ?? false,
    };
    this.#channels.set(channel.id, channel);
    return channel;
  }

  /** Archives, shares, invites to or removes from a channel: the given fields are replaced. */
  changeChannel(
    channel: string,
    change: Partial<Pick<Channel, "members" | "isArchived" | "isExtShared" | "isPrivate">>,
  ): Channel {
    const changed: Channel = { ...this.channel(channel), ...change };
    this.#channels.set(changed.id, changed);
    this.changed();
    return changed;
  }

  findChannel(channel: string): Channel | undefined {
    const name = channel.replace(/^#/u, "");
    return this.#channels.get(channel) ?? this.channels().find((each) => each.name === name);
  }

  channel(channel: string): Channel {
    return this.findChannel(channel) ?? unknown("channel", channel);
  }

  channels(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  /** The direct message of the bot with a person; made when first needed. */
  directMessage(user: string): Channel {
    const { id, name } = this.user(user);
    const found = this.channels().find((each) => each.imUser === id);
    if (found !== undefined) return found;
    const channel: Channel = {
      id: madeId("D", name),
      name: `dm-${name}`,
      members: new Set([id, BOT_USER_ID]),
      isPrivate: true,
      isExtShared: false,
      isArchived: false,
      imUser: id,
    };
    this.#channels.set(channel.id, channel);
    return channel;
  }

  /** Stores a message, new or changed. */
  putMessage(message: Message): Message {
    this.#messages.set(`${message.channel}:${message.ts}`, message);
    this.changed();
    return message;
  }

  removeMessage(channel: string, ts: string): void {
    this.#messages.delete(`${channel}:${ts}`);
    this.changed();
  }

  findMessage(channel: string, ts: string): Message | undefined {
    return this.#messages.get(`${this.channel(channel).id}:${ts}`);
  }

  /** Every message of a channel, replies too, oldest first. */
  messages(channel: string): readonly Message[] {
    const { id } = this.channel(channel);
    return [...this.#messages.values()]
      .filter((message) => message.channel === id)
      .toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  /** A root message and its replies, oldest first. */
  thread(channel: string, ts: string): readonly Message[] {
    return this.messages(channel).filter((each) => each.ts === ts || each.thread_ts === ts);
  }

  /** The message with this ts in whichever channel. */
  messageByTs(ts: string): Message {
    const found = [...this.#messages.values()].find((each) => each.ts === ts);
    return found ?? unknown("message", ts);
  }

  /** Stores an ephemeral, new or changed (found by its ts). */
  putEphemeral(ephemeral: Ephemeral): void {
    const at = this.#ephemerals.findIndex((each) => each.message.ts === ephemeral.message.ts);
    if (at === -1) this.#ephemerals.push(ephemeral);
    else this.#ephemerals[at] = ephemeral;
    this.changed();
  }

  removeEphemeral(ts: string): void {
    const at = this.#ephemerals.findIndex((each) => each.message.ts === ts);
    if (at !== -1) this.#ephemerals.splice(at, 1);
    this.changed();
  }

  ephemerals(user?: string): readonly Ephemeral[] {
    if (user === undefined) return [...this.#ephemerals];
    const { id } = this.user(user);
    return this.#ephemerals.filter((each) => each.to === id);
  }
}

function madeId(prefix: string, name: string): string {
  return `${prefix}0${name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/gu, "")
    .padEnd(8, "0")}`;
}

function unknown(what: string, name: string): never {
  throw new Error(`looking up ${what} "${name}" in the simulated workspace: there is none`);
}
