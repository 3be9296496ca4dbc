import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { objectOf, parseJson, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { APP_ID } from "./world.ts";

/** https://docs.slack.dev/apis/events-api/using-socket-mode: at most ten connections per app. */
export const MAX_CONNECTIONS = 10;

export type EnvelopeType = "events_api" | "slash_commands" | "interactive";
export type DisconnectReason =
  | "warning"
  | "refresh_requested"
  | "link_disabled"
  | "too_many_websockets";

/** One sending of an envelope over one connection. */
export interface Attempt {
  readonly envelopeId: string;
  readonly connection: number;
  result: "pending" | "acked" | "timeout" | "connection_closed";
}

/** One thing told to the app, with everything that became of it. */
export interface Delivery {
  readonly type: EnvelopeType;
  readonly payload: JsonObject;
  readonly attempts: readonly Attempt[];
  /** `lost`: every redelivery failed, or the simulator was closed. `not_sent`: no connection was open, or it is another app's. */
  readonly outcome: "pending" | "acked" | "timeout" | "connection_closed" | "lost" | "not_sent";
  /** Payload of the acknowledgement, if it had one. */
  readonly ackPayload: unknown;
  /** From sending the acknowledged envelope to its acknowledgement. */
  readonly ackMs: number | undefined;
}

export interface SocketModeOptions {
  /** Slack gives 3 s. */
  readonly ackTimeoutMs: number;
  /** Pause before each redelivery of an event; their number is how often it is redelivered (Slack: 3). */
  readonly redeliveryDelaysMs: readonly number[];
  readonly onChange: () => void;
}

interface Connection {
  readonly number: number;
  readonly socket: WebSocket;
  retiring: boolean;
}

interface Waiting {
  readonly connection: Connection;
  readonly settle: (result: Attempt["result"], payload?: unknown) => void;
}

interface Progress extends Delivery {
  attempts: Attempt[];
  outcome: Delivery["outcome"];
  ackPayload: unknown;
  ackMs: number | undefined;
}

/**
 * Slack's end of Socket Mode: each envelope goes to one connection, in turn. Events are sent again when not
 * acknowledged in time or when the connection ends; clicks and slash commands never are.
 * While no connection is open an event waits for one: Slack's own pauses (at once, 1 min, 5 min) are far
 * longer than a reconnect, the simulator's are not.
 */
export class SocketMode {
  readonly deliveries: Delivery[] = [];
  readonly #options: SocketModeOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #wanting = new Set<() => void>();
  #connections: readonly Connection[] = [];
  #count = 0;
  #turn = 0;
  #acksToLose = 0;
  #ackLost: () => void = () => undefined;
  #closed = false;

  constructor(options: SocketModeOptions) {
    this.#options = options;
  }

  /** Connections now open. */
  get connections(): number {
    return this.#connections.length;
  }

  /** A ticket for one connection, as `apps.connections.open` hands out. */
  ticket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return ticket;
  }

  /** Sends a `disconnect` frame on every connection; they get no further envelopes and the client reconnects. */
  disconnect(reason: DisconnectReason = "refresh_requested"): void {
    for (const connection of this.#connections) {
      connection.retiring = reason !== "warning";
      connection.socket.send(disconnectFrame(reason));
    }
  }

  /** Cuts every connection without a word. */
  drop(): void {
    for (const connection of this.#connections) connection.socket.terminate();
  }

  /** The next `count` acknowledgements get lost on their way; `hit` resolves when the first one was. */
  loseAcks(count: number): { readonly hit: Promise<void> } {
    const hit = Promise.withResolvers<void>();
    this.#acksToLose = count;
    this.#ackLost = () => hit.resolve();
    return { hit: hit.promise };
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? "/", "http://simulator").searchParams.get("ticket") ?? "";
    if (!this.#tickets.delete(ticket)) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.#connected(accepted));
  }

  /** Tells the app something; `done` resolves when its outcome is final. */
  deliver(
    type: EnvelopeType,
    payload: JsonObject,
  ): { delivery: Delivery; done: Promise<Delivery> } {
    const delivery: Progress = {
      type,
      payload,
      attempts: [],
      outcome: "pending",
      ackPayload: undefined,
      ackMs: undefined,
    };
    this.deliveries.push(delivery);
    return { delivery, done: this.#carry(delivery) };
  }

  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) waiting.settle("connection_closed");
    for (const wake of this.#wanting) wake();
    this.drop();
    this.#server.close();
  }

  #connected(socket: WebSocket): void {
    if (this.#connections.length >= MAX_CONNECTIONS) {
      socket.send(disconnectFrame("too_many_websockets"));
      socket.close();
      return;
    }
    this.#count += 1;
    const connection: Connection = { number: this.#count, socket, retiring: false };
    this.#connections = [...this.#connections, connection];
    const pinging = setInterval(() => socket.ping(), 10_000).unref();
    socket.on("message", (data: Buffer) => this.#received(data.toString("utf8")));
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      clearInterval(pinging);
      this.#disconnected(connection);
    });
    socket.send(helloFrame(this.#connections.length));
    for (const wake of this.#wanting) wake();
    this.#options.onChange();
  }

  #disconnected(gone: Connection): void {
    this.#connections = this.#connections.filter((each) => each !== gone);
    for (const waiting of this.#waiting.values()) {
      if (waiting.connection === gone) waiting.settle("connection_closed");
    }
    this.#options.onChange();
  }

  #received(data: string): void {
    const frame = objectOf(parseJson(data));
    const waiting = this.#waiting.get(stringOf(frame["envelope_id"]) ?? "");
    if (waiting === undefined) return;
    if (this.#acksToLose > 0) {
      this.#acksToLose -= 1;
      this.#ackLost();
      return;
    }
    waiting.settle("acked", frame["payload"]);
  }

  async #carry(delivery: Progress): Promise<Delivery> {
    const pauses = delivery.type === "events_api" ? this.#options.redeliveryDelaysMs : [];
    let reason = "";
    for (let attempt = 0; attempt <= pauses.length; attempt += 1) {
      if (attempt > 0) await this.#pause(pauses[attempt - 1] ?? 0);
      const connection = await this.#nextConnection(delivery.type === "events_api");
      if (connection === undefined) break;
      const result = await this.#attempt(connection, delivery, { attempt, reason });
      if (result === "acked" || delivery.type !== "events_api") {
        return this.#finish(delivery, result);
      }
      reason = result === "timeout" ? "timeout" : "connection_failed";
    }
    return this.#finish(delivery, delivery.type === "events_api" ? "lost" : "not_sent");
  }

  #attempt(
    connection: Connection,
    delivery: Progress,
    retry: { readonly attempt: number; readonly reason: string },
  ): Promise<Attempt["result"]> {
    const envelopeId = randomUUID();
    const attempt: Attempt = { envelopeId, connection: connection.number, result: "pending" };
    delivery.attempts.push(attempt);
    const sent = performance.now();
    const { promise, resolve } = Promise.withResolvers<Attempt["result"]>();
    const settle: Waiting["settle"] = (result, payload) => {
      clearTimeout(timer);
      this.#waiting.delete(envelopeId);
      attempt.result = result;
      if (result === "acked") {
        delivery.ackPayload = payload;
        delivery.ackMs = performance.now() - sent;
      }
      resolve(result);
    };
    const timer = setTimeout(() => settle("timeout"), this.#options.ackTimeoutMs).unref();
    this.#waiting.set(envelopeId, { connection, settle });
    connection.socket.send(envelope(envelopeId, delivery, retry));
    this.#options.onChange();
    return promise;
  }

  #finish(delivery: Progress, outcome: Delivery["outcome"]): Delivery {
    delivery.outcome = outcome;
    this.#options.onChange();
    return delivery;
  }

  async #nextConnection(wait: boolean): Promise<Connection | undefined> {
    while (!this.#closed) {
      const open = this.#connections.filter((each) => !each.retiring);
      this.#turn += 1;
      const next = open[this.#turn % Math.max(1, open.length)];
      if (next !== undefined || !wait) return next;
      await this.#wake();
    }
    return undefined;
  }

  #wake(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanting.add(resolve);
    return promise.finally(() => this.#wanting.delete(resolve));
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, ms).unref();
    await promise;
  }
}

function envelope(
  envelopeId: string,
  delivery: Delivery,
  retry: { readonly attempt: number; readonly reason: string },
): string {
  return JSON.stringify({
    envelope_id: envelopeId,
    type: delivery.type,
    payload: delivery.payload,
    accepts_response_payload: delivery.type !== "events_api",
    ...(delivery.type === "events_api"
      ? { retry_attempt: retry.attempt, retry_reason: retry.reason }
      : {}),
  });
}

function helloFrame(connections: number): string {
  return JSON.stringify({
    type: "hello",
    num_connections: connections,
    connection_info: { app_id: APP_ID },
    debug_info: { host: "simulator", build_number: 1, approximate_connection_time: 18_060 },
  });
}

function disconnectFrame(reason: DisconnectReason): string {
  return JSON.stringify({ type: "disconnect", reason, debug_info: { host: "simulator" } });
}
