import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Clock } from "#src/ports/clock.ts";
import { Faults } from "./faults.ts";
import { createHttpServer } from "./http-server.ts";
import type { LoggedCall } from "./http-server.ts";
import type { TypedValues } from "./inputs.ts";
import type { JsonObject } from "./json.ts";
import type { Ephemeral, Message, View } from "./model.ts";
import { ModalPerson } from "./modal-person.ts";
import type { Submitted } from "./modal-person.ts";
import { Person } from "./person.ts";
import type { ClickOptions, Said, SayOptions } from "./person.ts";
import { HomePerson } from "./home-person.ts";
import { PostingLimit } from "./rate-limit.ts";
import type { RateLimit } from "./rate-limit.ts";
import { viewLines } from "./rendering.ts";
import { ResponseUrls } from "./response-urls.ts";
import { SocketMode } from "./socket-mode.ts";
import type { Delivery } from "./socket-mode.ts";
import { transcript } from "./transcript.ts";
import type { TranscriptOptions } from "./transcript.ts";
import { Triggers } from "./triggers.ts";
import type { TypingOptions } from "./typing.ts";
import { until } from "./until.ts";
import { Views } from "./views.ts";
import { answerCall } from "./web-api/dispatch.ts";
import type { Access, ApiAnswer } from "./web-api/dispatch.ts";
import type { ApiContext } from "./web-api/method.ts";
import { World } from "./world.ts";
import type { WorldSpec } from "./world.ts";

/** What the app's manifest asks for, and no more. */
export const DEFAULT_SCOPES: readonly string[] = [
  "app_mentions:read",
  "commands",
  "chat:write",
  "im:history",
  "usergroups:read",
  "users:read",
];

export interface SlackSimulatorOptions extends WorldSpec {
  /** Default: any free port of 127.0.0.1. */
  readonly port?: number;
  /** Default: the machine's clock. Timestamps, trigger_ids, response_urls and rate limits follow it. */
  readonly clock?: Clock;
  readonly botToken?: string;
  readonly appToken?: string;
  /** Scopes of the bot token; default `DEFAULT_SCOPES`. */
  readonly scopes?: readonly string[];
  /** Milliseconds of real time; default 3000, as Slack. */
  readonly ackTimeoutMs?: number;
  /** Milliseconds before each redelivery of an event; default three short ones. */
  readonly redeliveryDelaysMs?: readonly number[];
  /** Default: no limit. */
  readonly rateLimit?: RateLimit;
}

/** A running simulator: what the app is given, what people do, and what they see. */
export interface SlackSimulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/api/`: the app's `slackApiUrl`. */
  readonly url: string;
  readonly botToken: string;
  readonly appToken: string;
  /** People, groups, channels; change them at any time. */
  readonly world: World;
  /** Connections: `disconnect`, `drop`, `loseAcks`, `deliveries`. */
  readonly socket: SocketMode;
  readonly faults: Faults;
  /** Every HTTP call of the app, oldest first. */
  readonly log: readonly LoggedCall[];
  setScopes(scopes: readonly string[]): void;
  setRateLimit(limit: RateLimit | undefined): void;

  mention(user: string, channel: string, text: string, options?: SayOptions): Said;
  editMention(ts: string, text: string, options?: TypingOptions): Said;
  rawEvent(event: JsonObject): Promise<Delivery>;
  slash(user: string, channel: string, text: string): Promise<Delivery>;
  /** `button`: action_id or label. */
  click(
    user: string,
    at: { readonly channel: string; readonly ts: string },
    button: string,
    options?: ClickOptions,
  ): Promise<Delivery>;
  submit(user: string, values?: TypedValues): Promise<Submitted>;
  clickInModal(user: string, button: string, typed?: TypedValues): Promise<Delivery>;
  closeView(user: string): Promise<Delivery | undefined>;
  shortcut: HomePerson["shortcut"];
  messageShortcut: HomePerson["messageShortcut"];
  openHome: HomePerson["openHome"];
  clickInHome: HomePerson["clickInHome"];
  /** A direct message to the app. */
  tell: HomePerson["tell"];
  editTold: HomePerson["editTold"];

  messages(channel: string): readonly Message[];
  thread(channel: string, ts: string): readonly Message[];
  ephemerals(user: string): readonly Ephemeral[];
  /** The modal on top of a person's stack. */
  modal(user: string): View | undefined;
  /** What that modal shows, as lines. */
  modalLines(user: string): readonly string[];
  /** The Home tab of a person, as it was last published. */
  home(user: string): View | undefined;
  homeLines(user: string): readonly string[];
  transcript(channel: string, options?: TranscriptOptions): string;
  /**
   * Resolves with what `predicate` returns once that is neither undefined nor false; looked at after every
   * change of the workspace, call of the app or delivery (not when something of the test itself changes). Rejects after `timeoutMs` of real time (default 5000) with the transcript of all channels.
   */
  until<T>(predicate: () => T | undefined | false, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

export async function startSlackSimulator(
  options: SlackSimulatorOptions = {},
): Promise<SlackSimulator> {
  const world = new World(options.clock ?? { now: () => Date.now() }, options);
  function onChange(): void {
    world.changed();
  }
  const socket = new SocketMode({
    ackTimeoutMs: options.ackTimeoutMs ?? 3000,
    redeliveryDelaysMs: options.redeliveryDelaysMs ?? [10, 50, 100],
    onChange,
  });
  const parts = {
    world,
    socket,
    views: new Views(onChange),
    triggers: new Triggers(world.clock),
    responseUrls: new ResponseUrls(world),
    limit: new PostingLimit(world.clock, options.rateLimit),
  };
  const access: Access = {
    botToken: options.botToken ?? "xoxb-simulated-bot",
    appToken: options.appToken ?? "xapp-simulated-app",
    scopes: options.scopes ?? DEFAULT_SCOPES,
  };
  const { server, log, faults, origin } = await listen(options.port ?? 0, parts, access);
  const personal = {
    ...parts,
    scopes: () => access.scopes,
    responseAddress: (id: string) => `${origin}/response/${id}`,
  };
  const person = new Person(personal);
  const modals = new ModalPerson(parts);
  const home = new HomePerson(personal);
  async function close(): Promise<void> {
    faults.clear();
    socket.close();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
  return {
    url: `${origin}/api/`,
    botToken: access.botToken,
    appToken: access.appToken,
    world,
    socket,
    faults,
    log,
    setScopes: (scopes) => void (access.scopes = scopes),
    setRateLimit: (limit) => void (parts.limit.limit = limit),
    ...personMethods(person, modals),
    ...homeMethods(home),
    ...readingMethods(world, parts.views),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function personMethods(person: Person, modals: ModalPerson) {
  return {
    mention: person.mention.bind(person),
    editMention: person.editMention.bind(person),
    rawEvent: person.rawEvent.bind(person),
    slash: person.slash.bind(person),
    click: person.click.bind(person),
    submit: modals.submit.bind(modals),
    clickInModal: modals.clickInModal.bind(modals),
    closeView: modals.closeView.bind(modals),
  } satisfies Partial<SlackSimulator>;
}

function homeMethods(home: HomePerson) {
  return {
    shortcut: home.shortcut.bind(home),
    messageShortcut: home.messageShortcut.bind(home),
    openHome: home.openHome.bind(home),
    clickInHome: home.clickInHome.bind(home),
    tell: home.tell.bind(home),
    editTold: home.editTold.bind(home),
  } satisfies Partial<SlackSimulator>;
}

function readingMethods(world: World, views: Views) {
  return {
    messages: (channel) => world.messages(channel),
    thread: (channel, ts) => world.thread(channel, ts),
    ephemerals: (user) => world.ephemerals(user),
    modal: (user) => views.top(world.user(user).id),
    modalLines: (user) => {
      const view = views.top(world.user(user).id);
      return view === undefined ? [] : viewLines(world, view.definition);
    },
    home: (user) => views.home(world.user(user).id),
    homeLines: (user) => {
      const view = views.home(world.user(user).id);
      return view === undefined ? [] : viewLines(world, view.definition);
    },
    transcript: (channel, options) => transcript(world, channel, options),
    until: (predicate, timeoutMs) => until(world, predicate, timeoutMs),
  } satisfies Partial<SlackSimulator>;
}

async function listen(
  port: number,
  parts: Omit<ApiContext, "origin"> & { readonly responseUrls: ResponseUrls },
  access: Access,
) {
  const log: LoggedCall[] = [];
  const faults = new Faults();
  const address = { origin: "" };
  const server = createHttpServer({
    clock: parts.world.clock,
    faults,
    log,
    onChange: () => parts.world.changed(),
    callMethod: (method, token, fields) =>
      answerCall({ ...parts, origin: address.origin }, access, { method, token, fields }),
    answerResponseUrl: (id, body) => answerResponse(parts.responseUrls, id, body),
  });
  server.on("upgrade", (request, stream, head) => parts.socket.accept(request, stream, head));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  address.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, log, faults, origin: address.origin };
}

function answerResponse(responseUrls: ResponseUrls, id: string, body: JsonObject): ApiAnswer {
  const { status, error } = responseUrls.answer(id, body);
  return { status, headers: {}, body: error === undefined ? { ok: true } : { ok: false, error } };
}
