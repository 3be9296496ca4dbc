import { z } from "zod";
import {
  isOurKind,
  type KubernetesObject,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectRef,
  refKey,
} from "#src/domain/kubernetes-object.ts";
import type { ListFilter, Mesh, ObjectEvent, PodContainer } from "#src/ports/mesh.ts";
import { answerError, isAbsent } from "./answer-error.ts";
import type { ApiClient } from "./api-client.ts";
import { AnyObject, collectionPath, objectIn, objectPath, send, typed } from "./mesh-transport.ts";
import {
  applyObject,
  createObject,
  deleteObject,
  patchObject,
  replaceObject,
  restoreSpec,
} from "./mesh-writes.ts";

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
const PAGE = "500";

/**
 * Of a busy gateway's log since a moment: `limitBytes` would keep the oldest, and lose what a probe just did.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
 */
const NEWEST_LINES = "100000";

const List = z.object({
  metadata: z.object({ continue: z.string().optional() }).prefault({}),
  items: z.array(AnyObject).nullish(),
});
const Event = z.object({
  type: z.enum(["Normal", "Warning"]).catch("Normal"),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  metadata: z.object({ creationTimestamp: z.string().nullish() }),
});
const Review = z.object({ status: z.object({ allowed: z.boolean() }) });

/** `Mesh` over the API server's own JSON. */
export function createMesh(client: ApiClient): Mesh {
  return {
    until: (signal) => createMesh(givenUp(client, signal)),
    serverTime: () => client.serverTime(),
    list: (kind, where) => listObjects(client, kind, where),
    get: (ref) => getObject(client, ref),
    apply: (object, options) => applyObject(client, object, options),
    patch: (ref, mergePatch, precondition, options) =>
      patchObject(client, { ref, mergePatch, precondition }, options),
    replace: (object) => replaceObject(client, object),
    restore: (object, observed, options) => restoreSpec(client, { object, observed }, options),
    create: (object) => createObject(client, object),
    delete: (ref, precondition) => deleteObject(client, ref, precondition),
    podLog: (container, since) => readPodLog(client, container, since),
    events: (about) => readEvents(client, about),
    may: (verb, kind, where = {}) => reviewAccess(client, verb, { ...where, kind }),
  };
}

function givenUp(client: ApiClient, signal: AbortSignal): ApiClient {
  return {
    ...client,
    send: (request) =>
      client.send({
        ...request,
        signal: request.signal === undefined ? signal : AbortSignal.any([request.signal, signal]),
      }),
  };
}

async function listObjects(
  client: ApiClient,
  kind: ObjectKind,
  where: ListFilter = {},
): Promise<readonly KubernetesObject[]> {
  const found: KubernetesObject[] = [];
  const labels = Object.entries(where.labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const doing = `listing ${kind}`;
  let next: string | undefined;
  do {
    const answer = await send(
      client,
      doing,
      {
        method: "GET",
        path: collectionPath(kind, where.namespace),
        query: {
          limit: PAGE,
          ...(labels === "" ? {} : { labelSelector: labels }),
          ...(next === undefined ? {} : { continue: next }),
        },
      },
      [404],
    );
    if (answer.status === 404) {
      // No such resource: its CRD is not installed.
      if (isOurKind(kind)) throw answerError(doing, answer);
      return [];
    }
    const page = List.parse(JSON.parse(answer.text));
    found.push(...(page.items ?? []).map((item) => typed(kind, item)));
    next = page.metadata.continue === "" ? undefined : page.metadata.continue;
  } while (next !== undefined);
  return found.toSorted(byPlace);
}

async function getObject(client: ApiClient, ref: ObjectRef): Promise<KubernetesObject | undefined> {
  const doing = `reading ${refKey(ref)}`;
  const answer = await send(client, doing, { method: "GET", path: objectPath(ref) }, [404]);
  const { plural } = OBJECT_KINDS[ref.kind];
  if (answer.status === 404 && isOurKind(ref.kind) && !isAbsent(answer, { plural, name: ref.name }))
    throw answerError(doing, answer);
  return answer.status === 404 ? undefined : objectIn(ref.kind, answer);
}

async function readPodLog(
  client: ApiClient,
  { namespace, pod, container }: PodContainer,
  since: Date | undefined,
): Promise<readonly string[]> {
  const answer = await send(
    client,
    `reading the log of ${namespace}/${pod} ${container}`,
    {
      method: "GET",
      path: `/api/v1/namespaces/${namespace}/pods/${pod}/log`,
      query: {
        container,
        tailLines: NEWEST_LINES,
        ...(since === undefined ? {} : { sinceTime: since.toISOString() }),
      },
    },
    [404, 400],
  );
  // 400: the container is not started yet.
  return answer.status === 200 ? answer.text.split("\n").filter((line) => line !== "") : [];
}

async function readEvents(client: ApiClient, about: ObjectRef): Promise<readonly ObjectEvent[]> {
  const answer = await send(client, `reading the events of ${refKey(about)}`, {
    method: "GET",
    path: collectionPath("Event", about.namespace),
    query: {
      fieldSelector: `involvedObject.kind=${about.kind},involvedObject.name=${about.name}`,
    },
  });
  const { items } = z.object({ items: z.array(Event).nullish() }).parse(JSON.parse(answer.text));
  return (items ?? []).map(toEvent).toSorted((one, other) => (one.at < other.at ? -1 : 1));
}

async function reviewAccess(
  client: ApiClient,
  verb: string,
  target: {
    readonly kind: ObjectKind;
    readonly namespace?: string;
    readonly subresource?: string;
  },
): Promise<boolean> {
  const { kind, namespace, subresource } = target;
  const { group, plural } = OBJECT_KINDS[kind];
  const answer = await send(client, `asking whether ${verb} ${plural} is allowed`, {
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: {
        resourceAttributes: {
          verb,
          group,
          resource: plural,
          ...(namespace === undefined ? {} : { namespace }),
          ...(subresource === undefined ? {} : { subresource }),
        },
      },
    },
  });
  return Review.parse(JSON.parse(answer.text)).status.allowed;
}

function toEvent({
  type,
  reason,
  message,
  lastTimestamp,
  eventTime,
  metadata,
}: z.infer<typeof Event>): ObjectEvent {
  return {
    type,
    reason,
    message,
    at: lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "",
  };
}

function byPlace(one: KubernetesObject, other: KubernetesObject): number {
  const [first, second] = [one, other].map(
    ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`,
  );
  return (first ?? "") < (second ?? "") ? -1 : 1;
}
