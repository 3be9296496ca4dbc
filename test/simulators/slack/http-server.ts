import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "#src/ports/clock.ts";
import type { Fault, Faults } from "./faults.ts";
import { objectOf, parseJson, stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { ApiAnswer } from "./web-api/dispatch.ts";

/** One HTTP call the app made. */
export interface LoggedCall {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Web API method, or `response_url`. */
  readonly method: string;
  /** Arguments as sent; JSON inside a form is parsed. The token is left out. */
  readonly args: JsonObject;
  /** Undefined while open, and for ever where the connection was cut. */
  readonly status: number | undefined;
  /** The answer, also where it never reached the app (`dropAfter`). */
  readonly answer: JsonObject | undefined;
}

export interface Handlers {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: LoggedCall[];
  readonly onChange: () => void;
  readonly callMethod: (method: string, token: string | undefined, fields: JsonObject) => ApiAnswer;
  readonly answerResponseUrl: (id: string, body: JsonObject) => ApiAnswer;
}

/** The HTTP side: `/api/METHOD` and `/response/ID`. Faults are met here, before and after the call. */
export function createHttpServer(handlers: Handlers): Server {
  return createServer((request, response) => {
    handle(handlers, request, response).catch((error: unknown) => {
      const body = JSON.stringify({ ok: false, error: "internal_error", detail: String(error) });
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(body);
    });
  });
}

async function handle(
  handlers: Handlers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fields = await readFields(request);
  const { room, name, method } = address(request);
  const { token: bodyToken, ...args } = fields;
  const logged = { at: handlers.clock.now(), method, args: withParsedJson(args) };
  const index = handlers.log.push({ ...logged, status: undefined, answer: undefined }) - 1;
  handlers.onChange();

  const active = handlers.faults.meet({
    method,
    args: logged.args,
    userAgent: request.headers["user-agent"] ?? "",
  });
  await active?.before();
  if (active?.fault.dropBefore === true) {
    request.socket.destroy();
    return;
  }
  const answer =
    faultAnswer(active?.fault) ?? carryOut(handlers, { room, name, request, bodyToken, args });
  const cut = active?.fault.dropAfter === true;
  handlers.log[index] = { ...logged, status: cut ? undefined : answer.status, answer: answer.body };
  await active?.after();
  await send(request, response, cut ? undefined : answer);
  handlers.onChange();
}

function address(request: IncomingMessage) {
  const { pathname } = new URL(request.url ?? "/", "http://simulator");
  const [, room = "", name = ""] = pathname.split("/", 3);
  return { room, name, method: room === "response" ? "response_url" : name };
}

/** Without an answer the connection is cut. */
async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: ApiAnswer | undefined,
): Promise<void> {
  if (answer === undefined) {
    // Whoever awaits the hit acts first: killing the app there looks to it like no answer at all.
    await turn();
    request.socket.destroy();
    return;
  }
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(JSON.stringify(answer.body));
}

function carryOut(
  handlers: Handlers,
  call: {
    readonly room: string;
    readonly name: string;
    readonly request: IncomingMessage;
    readonly bodyToken: unknown;
    readonly args: JsonObject;
  },
): ApiAnswer {
  if (call.room === "response") return handlers.answerResponseUrl(call.name, call.args);
  if (call.room !== "api") return { status: 404, headers: {}, body: { ok: false } };
  const bearer = /^Bearer (\S+)$/u.exec(call.request.headers.authorization ?? "")?.[1];
  return handlers.callMethod(call.name, bearer ?? stringOf(call.bodyToken), call.args);
}

function faultAnswer(fault: Fault = {}): ApiAnswer | undefined {
  const limited = fault.retryAfter !== undefined;
  if (fault.status === undefined && fault.error === undefined && !limited) return undefined;
  const error = fault.error ?? (limited ? "ratelimited" : "internal_error");
  return {
    status: fault.status ?? (limited ? 429 : 200),
    headers: limited ? { "retry-after": String(fault.retryAfter) } : {},
    body: { ok: false, error },
  };
}

async function readFields(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const raw = Buffer.concat(chunks).toString("utf8");
  const isForm = request.headers["content-type"]?.includes("x-www-form-urlencoded") === true;
  return isForm ? Object.fromEntries(new URLSearchParams(raw)) : objectOf(parseJson(raw));
}

function withParsedJson(args: JsonObject): JsonObject {
  const entries = Object.entries(args).map(([name, value]) => {
    const looksLikeJson = typeof value === "string" && /^[[{]/u.test(value);
    return [name, looksLikeJson ? (parseJson(value) ?? value) : value];
  });
  return Object.fromEntries(entries);
}
