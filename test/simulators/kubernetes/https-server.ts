import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { generate } from "selfsigned";
import { authorize, type DeniedAccess, reviewAccess, verbOf } from "./access.ts";
import { ApiFailure, badRequest, noSuchResource } from "./api-failure.ts";
import { Faults, type ActiveFault } from "./faults.ts";
import { ObjectStore } from "./object-store.ts";
import { list, type LogSource, podLog } from "./reads.ts";
import type { Answer, ResourceRequest } from "./request.ts";
import { parsePath, RESOURCES, type Target } from "./resources.ts";
import { watch } from "./watch.ts";
import { create, liveObject, patch, remove, update } from "./writes.ts";

/** One answered request; `status` 0 where the connection was cut instead. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
  readonly body: string;
  /** Whether the store is another because of it: not a dry run, a refusal or the same once more. */
  readonly changed: boolean;
}

export interface ApiServer {
  readonly url: string;
  /** The server's certificate, PEM. */
  readonly ca: string;
  readonly store: ObjectStore;
  readonly log: readonly LoggedRequest[];
  /** The requests that changed something, also those whose answer was cut off. */
  writes(): readonly LoggedRequest[];
  readonly faults: Faults;
  /** How many connections clients have opened so far. */
  connections(): number;
  /** Push and remove as needed: each entry is answered 403. */
  readonly denied: DeniedAccess[];
  /** Serves a group's kinds from now on; 404 until then. Istio's are there from the start. */
  installCrds(group: string): void;
  removeCrds(group: string): void;
  setLogSource(source: LogSource): void;
  kubeconfig(): string;
  close(): Promise<void>;
}

const ISTIO_GROUPS = ["networking.istio.io", "security.istio.io", "telemetry.istio.io"];
const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** An API server on a free port of the loopback interface, with its own certificate. */
export async function startApiServer(
  options: {
    readonly clock?: () => Date;
    readonly token?: string;
    readonly accepts?: (token: string) => boolean;
  } = {},
): Promise<ApiServer> {
  const { clock = (): Date => new Date(), token = "simulated-token" } = options;
  const accepts = options.accepts ?? ((given: string): boolean => given === token);
  const certificate = await generate([{ name: "commonName", value: "kubernetes" }], {
    keySize: 2048,
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  const store = new ObjectStore(clock);
  const faults = new Faults();
  const log: LoggedRequest[] = [];
  const denied: DeniedAccess[] = [];
  const groups = new Set(ISTIO_GROUPS);
  let logSource: LogSource = noLog;

  store.on(({ type, object }) => {
    if (object.kind !== "Namespace" || type !== "ADDED") return;
    const metadata = { name: "default", namespace: object.metadata.name };
    store.put({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  });
  for (const name of ["default", "kube-system"]) {
    store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  function targetOf(path: string): Target {
    const target = parsePath(path);
    if (target === undefined) throw noSuchResource();
    if (target.resource.custom && !groups.has(target.resource.group)) throw noSuchResource();
    return target;
  }

  function respond(exchange: Exchange): void {
    const { request, url, body } = exchange;
    if (!accepts((request.headers.authorization ?? "").replace(/^Bearer /, ""))) {
      throw new ApiFailure(401, "Unauthorized", "Unauthorized");
    }
    if (url.pathname === "/version") {
      exchange.answer(200, {
        major: "1",
        minor: "34",
        gitVersion: "v1.34.2",
        platform: "linux/amd64",
      });
      return;
    }
    if (url.pathname === REVIEWS && request.method === "POST") {
      exchange.answer(201, reviewAccess(denied, JSON.parse(body)));
      return;
    }
    const target = targetOf(url.pathname);
    const method = request.method ?? "GET";
    authorize(denied, verbOf(method, target, url.searchParams), target);
    const call: ResourceRequest = {
      ...target,
      store,
      method,
      query: url.searchParams,
      contentType: (request.headers["content-type"] ?? "application/json").split(";")[0] ?? "",
      userAgent: request.headers["user-agent"] ?? "",
      body,
    };
    if (target.subresource === "log") {
      exchange.text(podLog(call, logSource, clock()));
    } else if (verbOf(method, target, url.searchParams) === "watch") {
      exchange.stream((response) => watch(call, response));
    } else {
      const { status, body: object } = carryOut(call);
      exchange.answer(status, object);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = await readExchange(request, response);
    const { url, body } = exchange;
    const method = request.method ?? "GET";
    const met = faults.meet(method, url.pathname, url.searchParams.get("dryRun") === "All");
    let status = 0;
    let changed = false;
    try {
      await met?.before();
      if (met?.effect.dropBefore === true) return void request.socket.destroy();
      const before = store.revision;
      status = answerFault(exchange, met) ?? prepare(exchange, respond);
      changed = store.revision > before;
      await met?.after();
      if (met?.effect.dropAfter === true) {
        status = 0;
        return void request.socket.destroy();
      }
      exchange.flush(met?.effect.headers);
    } finally {
      log.push({ method, path: url.pathname, query: url.searchParams, status, body, changed });
    }
    return undefined;
  }

  const server = createServer(
    { key: certificate.private, cert: certificate.cert },
    (request, response) => {
      handle(request, response).catch(() => request.socket.destroy());
    },
  );
  let connections = 0;
  server.on("secureConnection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `https://127.0.0.1:${port}`;

  return {
    url,
    ca: certificate.cert,
    store,
    log,
    writes: () => log.filter(({ changed }) => changed),
    faults,
    connections: () => connections,
    denied,
    installCrds: (group) => void groups.add(group),
    removeCrds(group) {
      groups.delete(group);
      for (const { kind } of RESOURCES.filter((each) => each.group === group)) {
        for (const { metadata } of store.list(kind))
          store.delete(kind, metadata.namespace, metadata.name);
      }
    },
    setLogSource: (source) => void (logSource = source),
    kubeconfig: () => kubeconfigOf({ url, ca: certificate.cert, token }),
    async close() {
      faults.clear();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

type Action = (call: ResourceRequest) => Answer;

const ON_COLLECTIONS: Readonly<Record<string, Action>> = { GET: list, POST: create };
const ON_OBJECTS: Readonly<Record<string, Action>> = {
  GET: (call) => ({ status: 200, body: liveObject(call) }),
  PUT: update,
  PATCH: patch,
  DELETE: remove,
};

function carryOut(call: ResourceRequest): Answer {
  const { method, name, subresource, resource } = call;
  if (subresource !== undefined && (subresource !== "status" || !resource.hasStatus)) {
    throw noSuchResource();
  }
  const action = (name === undefined ? ON_COLLECTIONS : ON_OBJECTS)[method];
  if (action !== undefined) return action(call);
  throw new ApiFailure(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    { details: {} },
  );
}

function noLog(): string {
  return "";
}

function sendNothing(_headers: Readonly<Record<string, string>>): void {
  // Replaced as soon as there is an answer.
}

/** A request and its answer, which is kept back until `flush`. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: string;
  answer(status: number, object: unknown, headers?: Readonly<Record<string, string>>): void;
  text(text: string): void;
  stream(start: (response: ServerResponse) => void): void;
  status(): number;
  flush(headers?: Readonly<Record<string, string>>): void;
}

async function readExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
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
    text: (text) => keep(200, "text/plain", text),
    stream: (start) => void (send = () => start(response)),
    status: () => code,
    flush: (headers = {}) => send(headers),
  };
}

function prepare(exchange: Exchange, respond: (exchange: Exchange) => void): number {
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

function answerFault(exchange: Exchange, met: ActiveFault | undefined): number | undefined {
  const effect = met?.effect;
  if (effect?.status === undefined) return undefined;
  const { status, reason = REASONS[status] ?? "", message = "a fault was injected" } = effect;
  return prepareFailure(exchange, new ApiFailure(status, reason, message));
}

function kubeconfigOf({
  url,
  ca,
  token,
}: {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}): string {
  // JSON is YAML.
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "simulated",
        cluster: { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") },
      },
    ],
    users: [{ name: "worker", user: { token } }],
    contexts: [{ name: "simulated", context: { cluster: "simulated", user: "worker" } }],
    "current-context": "simulated",
  });
}
