import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiFailure, badRequest } from "./api-failure.ts";
import type { Fault } from "./faults.ts";

/** A request and its answer, which is kept back until `flush`. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: string;
  answer(status: number, object: unknown, headers?: Readonly<Record<string, string>>): void;
  stream(start: (response: ServerResponse) => void): void;
  status(): number;
  flush(headers?: Readonly<Record<string, string>>): void;
}

/** Reads the body to its end; until something is answered, `flush` sends nothing. */
export async function readExchange(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Exchange> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  let code = 200;
  let send = sendNothing;
  function keep(status: number, type: string, text: string): void {
    code = status;
    send = (headers) => response.writeHead(status, { "content-type": type, ...headers }).end(text);
  }
  return {
    request,
    url: new URL(request.url ?? "/", "https://kubernetes"),
    body: Buffer.concat(chunks).toString(),
    answer(status, object, own = {}) {
      keep(status, "application/json", JSON.stringify(object));
      const plain = send;
      send = (headers) => plain({ ...own, ...headers });
    },
    stream: (start) => void (send = () => start(response)),
    status: () => code,
    flush: (headers = {}) => send(headers),
  };
}

function sendNothing(_headers: Readonly<Record<string, string>>): void {
  // Replaced as soon as there is an answer.
}

/** Lets `respond` answer, or what it threw; the answer's status. */
export function prepare(exchange: Exchange, respond: (exchange: Exchange) => void): number {
  try {
    respond(exchange);
  } catch (error) {
    if (error instanceof SyntaxError) return prepareFailure(exchange, badRequest(error.message));
    if (error instanceof ApiFailure) return prepareFailure(exchange, error);
    const message = Error.isError(error) ? (error.stack ?? error.message) : String(error);
    return prepareFailure(
      exchange,
      new ApiFailure(500, "InternalError", `Internal error occurred: ${message}`),
    );
  }
  return exchange.status();
}

function prepareFailure(exchange: Exchange, failure: ApiFailure): number {
  exchange.answer(failure.code, failure.status, failure.headers);
  return failure.code;
}

const REASONS: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** Answers with the fault's status; undefined, and nothing done, where it has none. */
export function answerFault(exchange: Exchange, fault: Fault = {}): number | undefined {
  const { status } = fault;
  if (status === undefined) return undefined;
  const { reason = REASONS[status] ?? "", message = "a fault was injected" } = fault;
  return prepareFailure(exchange, new ApiFailure(status, reason, message));
}
