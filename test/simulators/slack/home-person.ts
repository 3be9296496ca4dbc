import { randomUUID } from "node:crypto";
import { objectsOf } from "./json.ts";
import type { Message, View } from "./model.ts";
import {
  appHomeOpened,
  directMessage,
  eventCallback,
  globalShortcut,
  messageShortcut,
  viewAction,
} from "./payloads.ts";
import { findAction, type PersonParts, type Said } from "./person.ts";
import type { Delivery } from "./socket-mode.ts";
import { encodeTyped, type TypingOptions } from "./typing.ts";
import type { Views } from "./views.ts";

interface HomeParts extends PersonParts {
  readonly views: Views;
  /** Of the app's bot token, now. */
  readonly scopes: () => readonly string[];
}

/** What people do with the app outside its channels: shortcuts, its Home tab, its direct messages. Users by name or id. */
export class HomePerson {
  readonly #parts: HomeParts;

  constructor(parts: HomeParts) {
    this.#parts = parts;
  }

  /** Runs a global shortcut. https://docs.slack.dev/interactivity/implementing-shortcuts */
  async shortcut(user: string, callbackId: string): Promise<Delivery> {
    const { world, socket, triggers } = this.#parts;
    const person = world.user(user);
    const payload = globalShortcut(person, {
      callbackId,
      actionTs: world.nextTs(),
      triggerId: triggers.issue(person.id),
    });
    return socket.deliver("interactive", payload).done;
  }

  /** Runs a shortcut on a message; the app need not be in its channel. */
  async messageShortcut(
    user: string,
    on: { readonly channel: string; readonly ts: string },
    callbackId: string,
  ): Promise<Delivery> {
    const { world, socket, triggers, responseUrls, responseAddress } = this.#parts;
    const person = world.user(user);
    const channel = world.channel(on.channel);
    const message = world.findMessage(channel.id, on.ts);
    if (message === undefined) throw new Error(`there is no message ${on.ts} in #${channel.name}`);
    const target = { channel: channel.id, user: person.id };
    const payload = messageShortcut(
      person,
      { message, channel },
      {
        callbackId,
        actionTs: world.nextTs(),
        triggerId: triggers.issue(person.id),
        responseUrl: responseAddress(responseUrls.issue(target)),
      },
    );
    return socket.deliver("interactive", payload).done;
  }

  /** Opens the app: one of its tabs. */
  async openHome(user: string, tab: "home" | "messages" = "home"): Promise<Delivery> {
    const { world, socket, views } = this.#parts;
    const person = world.user(user);
    const channel = world.directMessage(person.id);
    const of = { channel, tab, view: views.home(person.id) };
    const event = appHomeOpened(person, of, world.nextTs());
    const payload = eventCallback(event, false, world.clock.now());
    return socket.deliver("events_api", payload).done;
  }

  /** Presses a button of the Home tab; `stale`: as this client still shows it. */
  async clickInHome(user: string, button: string, stale?: View): Promise<Delivery> {
    const { world, socket, triggers, views } = this.#parts;
    const person = world.user(user);
    const view = stale ?? views.home(person.id);
    if (view === undefined) throw new Error(`clicking "${button}": nothing was published`);
    const action = findAction(objectsOf(view.definition["blocks"]), button, world.nextTs());
    if (action === undefined) throw new Error(`clicking "${button}": Home has no such button`);
    const payload = viewAction(person, view, { action, triggerId: triggers.issue(person.id) });
    return socket.deliver("interactive", payload).done;
  }

  /** Writes to the app in its direct messages, where nobody has to mention it. */
  tell(
    user: string,
    text: string,
    options: TypingOptions & { readonly thread?: string } = {},
  ): Said {
    const { world } = this.#parts;
    const author = world.user(user);
    const channel = world.directMessage(author.id);
    const typed = encodeTyped(world, text, options);
    const message = world.putMessage({
      type: "message",
      channel: channel.id,
      ts: world.nextTs(),
      ...(options.thread === undefined ? {} : { thread_ts: options.thread }),
      user: author.id,
      team: author.teamId,
      client_msg_id: randomUUID(),
      text: typed.text,
      blocks: typed.blocks,
    });
    return { channel: channel.id, ts: message.ts, message, delivered: this.#deliver(message) };
  }

  /** Edits such a message. */
  editTold(ts: string, text: string): Promise<Delivery> | undefined {
    const { world } = this.#parts;
    const before = world.messageByTs(ts);
    const typed = encodeTyped(world, text, {});
    const message = world.putMessage({
      ...before,
      text: typed.text,
      blocks: typed.blocks,
      edited: { user: before.user, ts: world.nextTs() },
    });
    return this.#deliver(message, before);
  }

  /** https://docs.slack.dev/reference/events/message.im needs `im:history`. */
  #deliver(message: Message, before?: Message): Promise<Delivery> | undefined {
    const { world, socket, scopes } = this.#parts;
    if (!scopes().includes("im:history")) return undefined;
    const payload = eventCallback(directMessage(message, before), false, world.clock.now());
    return socket.deliver("events_api", payload).done;
  }
}
