import type { ServerResponse } from "node:http";
import { expired } from "./api-failure.ts";
import type { StoreEvent } from "./object-store.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { selection } from "./reads.ts";
import type { ResourceRequest } from "./request.ts";
import { apiVersionOf } from "./resources.ts";

const BOOKMARK_EVERY_MS = 60_000;
/** The API server closes a watch at a random moment between 30 and 60 minutes. */
const DEFAULT_TIMEOUT_S = 1800;

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export function watch(request: ResourceRequest, response: ServerResponse): void {
  const { store, resource, namespace, query } = request;
  const isSelected = selection(request);
  const version = query.get("resourceVersion") ?? "";
  const past = version === "" || version === "0" ? undefined : store.since(Number(version));

  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  function send(type: string, object: unknown): void {
    response.write(`${JSON.stringify({ type, object })}\n`);
  }
  if (version !== "" && version !== "0" && past === undefined) {
    const message = `too old resource version: ${version} (${store.oldestRevision})`;
    send("ERROR", expired(message).status);
    response.end();
    return;
  }

  const shown = new Set<string>();
  function isWatched({ kind, metadata }: KubernetesObject): boolean {
    return kind === resource.kind && (namespace ?? metadata.namespace) === metadata.namespace;
  }
  function show({ type, object }: StoreEvent): void {
    if (!isWatched(object)) return;
    const key = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    const known = shown.has(key);
    if (type === "DELETED" || !isSelected(object)) {
      // Leaving the selection looks like a deletion.
      if (known || (type === "DELETED" && isSelected(object))) send("DELETED", object);
      shown.delete(key);
      return;
    }
    send(known || (type === "MODIFIED" && past !== undefined) ? "MODIFIED" : "ADDED", object);
    shown.add(key);
  }
  function showAll(objects: readonly KubernetesObject[]): void {
    for (const object of objects) show({ type: "ADDED", object });
  }

  if (past === undefined) showAll(store.list(resource.kind, namespace));
  else for (const event of past) show(event);
  const stop = store.on(show);
  const bookmarks =
    query.get("allowWatchBookmarks") === "true"
      ? setInterval(() => {
          const resourceVersion = String(store.revision);
          send("BOOKMARK", {
            kind: resource.kind,
            apiVersion: apiVersionOf(resource),
            metadata: { resourceVersion },
          });
        }, BOOKMARK_EVERY_MS).unref()
      : undefined;
  const seconds = Number(query.get("timeoutSeconds") ?? DEFAULT_TIMEOUT_S);
  const timeout = setTimeout(() => {
    over();
    response.end();
  }, seconds * 1000).unref();
  function over(): void {
    stop();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  }
  response.on("close", over);
  // Whoever asked may be gone by the time the answer begins.
  if (response.closed) over();
}
