import { badRequest, expired } from "./api-failure.ts";
import { isTree, treesOf, textOf } from "./json-tree.ts";
import type { ObjectStore } from "./object-store.ts";
import type { KubernetesObject } from "./stored-object.ts";
import { type Answer, asServed, liveObject, type ResourceRequest } from "./request.ts";
import { apiVersionOf } from "./resources.ts";
import { fieldTest, labelTest } from "./selectors.ts";

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
export function list(request: ResourceRequest): Answer {
  const { store, resource, query } = request;
  const limit = Number(query.get("limit") ?? "0");
  const from = continuationOf(store, query.get("continue"));
  const matching = store
    .look(resource.kind, request.namespace)
    .filter(selection(request))
    .filter((object) => from === undefined || placeOf(object) > from.after);
  const page = limit > 0 ? matching.slice(0, limit) : matching;
  const last = page.at(-1);
  const revision = from?.revision ?? store.revision;
  const left = matching.length - page.length;
  const more =
    left === 0 || last === undefined
      ? {}
      : { continue: toToken({ revision, after: placeOf(last) }), remainingItemCount: left };
  return {
    status: 200,
    body: {
      kind: `${resource.servedKind ?? resource.kind}List`,
      apiVersion: apiVersionOf(resource),
      metadata: { resourceVersion: textOf(revision), ...more },
      // Built-in kinds' items carry no type of their own, custom ones do.
      items: page.map((object) => {
        const { apiVersion, kind, ...rest } = asServed(resource, object);
        return resource.custom ? { apiVersion, kind, ...rest } : rest;
      }),
    },
  };
}

export function selection({
  resource,
  query,
}: ResourceRequest): (object: KubernetesObject) => boolean {
  const byLabel = labelTest(query.get("labelSelector"));
  const byField = fieldTest(query.get("fieldSelector"), resource);
  return (object) => byLabel(object) && byField(object);
}

interface Continuation {
  readonly revision: number;
  readonly after: string;
}

function toToken(continuation: Continuation): string {
  return Buffer.from(JSON.stringify(continuation)).toString("base64url");
}

function continuationOf(store: ObjectStore, token: string | null): Continuation | undefined {
  if (token === null || token === "") return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw badRequest("continue key is not valid");
  }
  if (!isTree(parsed)) throw badRequest("continue key is not valid");
  const revision = Number(parsed["revision"]);
  if (revision < store.oldestRevision) {
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
  return { revision, after: textOf(parsed["after"]) };
}

function placeOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** One line of a container's log and when it was written. */
export interface LogLine {
  readonly at: Date;
  readonly text: string;
}

/** A container's log; plain text has no times, so `sinceTime` drops none of it. */
export type LogSource = (pod: KubernetesObject, container: string) => string | readonly LogLine[];

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod */
export function podLog(request: ResourceRequest, source: LogSource, now: Date): string {
  const pod = liveObject(request);
  const { query } = request;
  const container = containerOf(pod, query.get("container"));
  const since = query.get("sinceTime");
  const seconds = query.get("sinceSeconds");
  const from = seconds === null ? Date.parse(since ?? "") : now.getTime() - Number(seconds) * 1000;
  // Times are compared by the second: metav1.Time has no fractions.
  const lines = linesOf(source(pod, container)).filter(
    ({ at }) =>
      Number.isNaN(from) || at === undefined || at.getTime() >= Math.floor(from / 1000) * 1000,
  );
  const tail = query.get("tailLines");
  const wanted = tail === null ? lines : lines.slice(Math.max(0, lines.length - Number(tail)));
  const stamped = query.get("timestamps") === "true";
  const text = wanted
    .map(({ at, text: line }) => (stamped ? `${(at ?? now).toISOString()} ${line}\n` : `${line}\n`))
    .join("");
  const limit = query.get("limitBytes");
  return limit === null ? text : Buffer.from(text).subarray(0, Number(limit)).toString();
}

function linesOf(log: string | readonly LogLine[]): readonly { at?: Date; text: string }[] {
  if (typeof log !== "string") return log;
  return log
    .replace(/\n$/, "")
    .split("\n")
    .filter((line, _, all) => all.length > 1 || line !== "")
    .map((text) => ({ text }));
}

function containerOf(pod: KubernetesObject, asked: string | null): string {
  const { name } = pod.metadata;
  const names = ["initContainers", "containers"].flatMap((field) =>
    treesOf(pod.spec?.[field]).map((container) => textOf(container["name"])),
  );
  if (asked === null || asked === "") {
    if (names.length > 1) {
      throw badRequest(
        `a container name must be specified for pod ${name}, choose one of: [${names.join(" ")}]`,
      );
    }
    return names[0] ?? "";
  }
  if (names.length > 0 && !names.includes(asked)) {
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const states = ["initContainerStatuses", "containerStatuses"].flatMap((field) =>
    treesOf(pod.status?.[field]),
  );
  const status = states.find((each) => each["name"] === asked);
  const waiting = isTree(status?.["state"]) ? status["state"]["waiting"] : undefined;
  if (isTree(waiting)) {
    throw badRequest(
      `container "${asked}" in pod "${name}" is waiting to start: ${textOf(waiting["reason"])}`,
    );
  }
  return asked;
}
