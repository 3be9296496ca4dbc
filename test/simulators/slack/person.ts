import { randomUUID } from "node:crypto";
import { isJsonObject, objectOf, objectsOf, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { Channel, Message, SlackUser } from "./model.ts";
import { appMention, eventCallback, messageAction, slashCommand } from "./payloads.ts";
import type { Handles } from "./payloads.ts";
import type { ResponseTarget, ResponseUrls } from "./response-urls.ts";
import type { Delivery, SocketMode } from "./socket-mode.ts";
import type { Triggers } from "./triggers.ts";
import { encodeTyped, escapeText } from "./typing.ts";
import type { TypingOptions } from "./typing.ts";
import type { World } from "./world.ts";
import { APP_ID, BOT_USER_ID } from "./world.ts";

export interface PersonParts {
  readonly world: World;
  readonly socket: SocketMode;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  /** The address of a response_url with this id. */
  readonly responseAddress: (id: string) => string;
}

/** A message a person wrote. */
export interface Said {
  readonly channel: string;
  readonly ts: string;
  /** The message as stored. */
  readonly message: Message;
  /** What became of the event; undefined where Slack sends none (no mention, or the bot is not in the channel). */
  readonly delivered: Promise<Delivery> | undefined;
}

export interface SayOptions extends TypingOptions {
  /** `ts` of the thread's root. */
  readonly thread?: string;
  /** An app writes it, with this person's token: what Slack says of that app. */
  readonly app?: Pick<Message, "bot_id" | "app_id" | "bot_profile">;
}

export interface ClickOptions {
  /** The message as the clicking client still shows it; default: as stored now. */
  readonly staleMessage?: Message;
}

/** What people do in channels. Users and channels by name or id. */
export class Person {
  readonly #parts: PersonParts;

  constructor(parts: PersonParts) {
    this.#parts = parts;
  }

  /** Writes a message; with `@sallyport` in it the app is told, if it is in the channel. */
  mention(user: string, channel: string, text: string, options: SayOptions = {}): Said {
    const { world } = this.#parts;
    const author = world.user(user);
    const place = this.#memberOf(author, channel);
    const typed = encodeTyped(world, text, options);
    const message = world.putMessage({
      type: "message",
      channel: place.id,
      ts: world.nextTs(),
      ...(options.thread === undefined ? {} : { thread_ts: options.thread }),
      user: author.id,
      team: author.teamId,
      // Slack's own clients give each message an id, https://docs.slack.dev/reference/methods/chat.postMessage none.
      ...(options.app ?? { client_msg_id: randomUUID() }),
      text: typed.text,
      blocks: typed.blocks,
    });
    return { ...said(message), delivered: this.#tell(message, author, typed.mentionsBot) };
  }

  /** Edits a message; Slack sends the mention again, with `edited`. */
  editMention(ts: string, text: string, options: TypingOptions = {}): Said {
    const { world } = this.#parts;
    const found = world.messageByTs(ts);
    const author = world.user(found.user);
    const typed = encodeTyped(world, text, options);
    const message = world.putMessage({
      ...found,
      text: typed.text,
      blocks: typed.blocks,
      edited: { user: author.id, ts: world.nextTs() },
    });
    return { ...said(message), delivered: this.#tell(message, author, typed.mentionsBot) };
  }

  /** Sends any event as it is, such as `subteam_members_changed`. */
  rawEvent(event: JsonObject): Promise<Delivery> {
    const { world, socket } = this.#parts;
    const channel = world.findChannel(stringOf(event["channel"]) ?? "");
    const payload = eventCallback(event, channel?.isExtShared ?? false, world.clock.now());
    return socket.deliver("events_api", payload).done;
  }

  /**
   * Runs a slash command: `/name rest`, or only the rest of `/egress`. The text is raw except for what
   * `should_escape` covers: people and channels. An acknowledgement's payload is shown like a response.
   */
  async slash(user: string, channel: string, text: string): Promise<Delivery> {
    const { world, socket, responseUrls } = this.#parts;
    const author = world.user(user);
    const place = this.#memberOf(author, channel);
    const [, command, rest] = /^(\/\S+)?(.*)$/su.exec(text) ?? [];
    const target: ResponseTarget = { channel: place.id, user: author.id };
    const payload = slashCommand(author, place, {
      command: command ?? "/egress",
      text: escapeCommand(world, rest?.trim() ?? ""),
      ...this.#handles(target),
    });
    const delivery = await socket.deliver("slash_commands", payload).done;
    const answer = delivery.ackPayload;
    if (typeof answer === "string" && answer !== "") responseUrls.respond(target, { text: answer });
    else if (isJsonObject(answer) && Object.keys(answer).length > 0) {
      responseUrls.respond(target, answer);
    }
    return delivery;
  }

  /**
   * Presses the button with this action_id (or with this label) in a message, also an ephemeral one. Of a message that
   * another app posted, also with a person's token, that app is told, and not this one.
   * https://docs.slack.dev/interactivity/handling-user-interaction
   */
  async click(
    user: string,
    at: { readonly channel: string; readonly ts: string },
    button: string,
    options: ClickOptions = {},
  ): Promise<Delivery> {
    const { world, socket } = this.#parts;
    const clicker = world.user(user);
    const place = this.#memberOf(clicker, at.channel);
    const ephemeral = world.ephemerals(clicker.id).find((each) => each.message.ts === at.ts);
    const message =
      options.staleMessage ?? ephemeral?.message ?? world.findMessage(place.id, at.ts);
    if (message === undefined) {
      throw new Error(`clicking "${button}": there is no message ${at.ts} in #${place.name}`);
    }
    const action = findAction(message.blocks ?? [], button, world.nextTs());
    if (action === undefined) {
      throw new Error(`clicking "${button}": message ${at.ts} has no such button`);
    }
    const target: ResponseTarget = { channel: place.id, user: clicker.id, original: message };
    const clicked = { message, channel: place, action, ephemeral, state: {} };
    const payload = messageAction(clicker, clicked, this.#handles(target));
    if (message.app_id !== APP_ID) return { ...NOT_TOLD, payload };
    return socket.deliver("interactive", payload).done;
  }

  #handles(target: ResponseTarget): Handles {
    const { triggers, responseUrls, responseAddress } = this.#parts;
    return {
      triggerId: triggers.issue(target.user),
      responseUrl: responseAddress(responseUrls.issue(target)),
    };
  }

  #tell(message: Message, author: SlackUser, mentionsBot: boolean): Promise<Delivery> | undefined {
    const { world, socket } = this.#parts;
    const channel = world.channel(message.channel);
    if (!mentionsBot || !channel.members.has(BOT_USER_ID)) return undefined;
    const event = appMention(message, author);
    const payload = eventCallback(event, channel.isExtShared, world.clock.now());
    return socket.deliver("events_api", payload).done;
  }

  #memberOf(user: SlackUser, channel: string): Channel {
    const place = this.#parts.world.channel(channel);
    if (!place.members.has(user.id)) {
      throw new Error(`acting as ${user.name}: not a member of #${place.name}`);
    }
    return place;
  }
}

const NOT_TOLD: Omit<Delivery, "payload"> = {
  type: "interactive",
  attempts: [],
  outcome: "not_sent",
  ackPayload: undefined,
  ackMs: undefined,
};

/** The action a click on a button of these blocks sends; found by action_id, else by its text or what is read out instead. */
export function findAction(
  blocks: readonly JsonObject[],
  button: string,
  actionTs: string,
): JsonObject | undefined {
  const candidates = blocks.flatMap((block) =>
    [...objectsOf(block["elements"]), objectOf(block["accessory"])]
      .filter((element) => element["type"] === "button")
      .map((element) => ({ blockId: block["block_id"], element })),
  );
  const found =
    candidates.find(({ element }) => element["action_id"] === button) ??
    candidates.find(({ element }) => objectOf(element["text"])["text"] === button) ??
    candidates.find(({ element }) => element["accessibility_label"] === button);
  if (found === undefined) return undefined;
  const { type, text, value, style, action_id: actionId } = found.element;
  return {
    type,
    action_id: actionId ?? "unnamed",
    block_id: found.blockId,
    text,
    ...(value === undefined ? {} : { value }),
    ...(style === undefined ? {} : { style }),
    action_ts: actionTs,
  };
}

function said(message: Message): Pick<Said, "channel" | "ts" | "message"> {
  return { channel: message.channel, ts: message.ts, message };
}

/** `should_escape: true` of the manifest (https://docs.slack.dev/reference/app-manifest). */
function escapeCommand(world: World, text: string): string {
  return escapeText(text).replaceAll(
    /(?<!\S)([@#])([\w.-]+)/gu,
    (whole, sign: string, name: string) => {
      if (sign === "#") {
        const channel = world.channels().find((each) => each.name === name);
        return channel === undefined ? whole : `<#${channel.id}|${channel.name}>`;
      }
      const user = world.findUser(name);
      if (user !== undefined) return `<@${user.id}|${user.name}>`;
      const group = world.userGroups().find((each) => each.handle === name);
      return group === undefined ? whole : `<!subteam^${group.id}|@${group.handle}>`;
    },
  );
}
