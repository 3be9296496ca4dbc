import { authorize, type DeniedAccess, reviewAccess, verbOf } from "./access.ts";
import { ApiFailure, noSuchResource } from "./api-failure.ts";
import type { Exchange } from "./exchange.ts";
import type { ObjectStore } from "./object-store.ts";
import { sendLog } from "./log-stream.ts";
import { list, type LogSource, podLog } from "./reads.ts";
import { type Answer, asServed, type Inject, liveObject, type ResourceRequest } from "./request.ts";
import { definitionOf, resourceIn } from "./custom-resources/definitions.ts";
import { knownResource, parsePath, type Path, type Resource, type Target } from "./resources.ts";
import { watch } from "./watch.ts";
import { create, patch, remove, update } from "./writes.ts";

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** What requests are answered from. */
export interface Served {
  readonly store: ObjectStore;
  readonly clock: () => Date;
  /** Whose a bearer token is; undefined where it is nobody's. */
  readonly userOf: (token: string) => string | undefined;
  readonly denied: readonly DeniedAccess[];
  /** The groups whose custom resources are installed. */
  readonly groups: ReadonlySet<string>;
  readonly logSource: LogSource;
  readonly inject: Inject;
  /** How fast logs are sent; undefined as fast as it goes. */
  readonly logBytesPerSecond: () => number | undefined;
}

/** Answers by path and method; throws an ApiFailure where the answer is one. */
export function respond(exchange: Exchange, served: Served): void {
  const { request, url, body } = exchange;
  const { store, denied } = served;
  const user = served.userOf((request.headers.authorization ?? "").replace(/^Bearer /, ""));
  if (user === undefined) {
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
    exchange.answer(201, reviewAccess({ store, denied, user }, JSON.parse(body)));
    return;
  }
  const target = targetOf(url.pathname, served);
  const method = request.method ?? "GET";
  const verb = verbOf(method, target, url.searchParams);
  authorize({ store, denied, user }, verb, target);
  const call: ResourceRequest = {
    ...target,
    store,
    user,
    inject: served.inject,
    method,
    query: url.searchParams,
    contentType: (request.headers["content-type"] ?? "application/json").split(";")[0] ?? "",
    userAgent: request.headers["user-agent"] ?? "",
    body,
    warnings: [],
  };
  if (target.subresource === "log") {
    const text = podLog(call, served.logSource, served.clock());
    exchange.stream((response) => sendLog(response, text, served.logBytesPerSecond()));
  } else if (verb === "watch") {
    exchange.stream((response) => watch(call, response));
  } else {
    const { status, body: object } = carryOut(call);
    exchange.answer(status, object, warningHeader(call.warnings));
  }
}

function targetOf(path: string, { store, groups }: Served): Target {
  function find(asked: Path): Resource | undefined {
    const known = knownResource(asked);
    if (known !== undefined) return !known.custom || groups.has(known.group) ? known : undefined;
    const definition = definitionOf(store, asked.plural, asked.group);
    return definition === undefined ? undefined : resourceIn(definition, asked.version);
  }
  const target = parsePath(path, find);
  if (target === undefined) throw noSuchResource();
  return target;
}

/** https://kubernetes.io/blog/2020/09/03/warnings/ */
function warningHeader(warnings: readonly string[]): Readonly<Record<string, string>> {
  const values = warnings.map((text) => `299 - ${JSON.stringify(text)}`);
  return values.length === 0 ? {} : { warning: values.join(", ") };
}

type Action = (call: ResourceRequest) => Answer;

const ON_COLLECTIONS: Readonly<Record<string, Action>> = { GET: list, POST: create };
const ON_OBJECTS: Readonly<Record<string, Action>> = {
  GET: (call) => ({ status: 200, body: asServed(call.resource, liveObject(call)) }),
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
  const isServed = method === "GET" || resource.servedKind === undefined;
  if (action !== undefined && isServed) return action(call);
  throw new ApiFailure(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    { details: {} },
  );
}
