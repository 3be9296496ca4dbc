import { z } from "zod";
import {
  isOurKind,
  type KubernetesObject,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectRef,
  refKey,
} from "#src/domain/kubernetes-object.ts";
import type { Mesh, ObjectEvent } from "#src/ports/cluster/mesh.ts";
import { answerError, isAbsent } from "./answer-error.ts";
import type { ApiClient, ApiRequest } from "./api-client.ts";
import { listObjects, listServed } from "./mesh-lists.ts";
import { collectionPath, objectIn, objectPath, send } from "./mesh-transport.ts";
import {
  applyObject,
  createObject,
  deleteObject,
  patchObject,
  replaceObject,
  restoreSpec,
} from "./mesh-writes.ts";
import { readPodLog } from "./pod-log.ts";
import { watchKind } from "./watches/watch.ts";

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
    until: (signal, beforeSending) => createMesh(bound(client, signal, beforeSending)),
    serverTime: () => client.serverTime(),
    list: (kind, where) => listServed(client, kind, where),
    listVersioned: (kind, where) => listObjects(client, kind, where),
    watch: (kind, from) => watchKind(client, kind, from),
    get: (ref) => getObject(client, ref),
    apply: (object, options) => applyObject(client, object, options),
    patch: (ref, mergePatch, precondition, options) =>
      patchObject(client, { ref, mergePatch, precondition }, options),
    replace: (object) => replaceObject(client, object),
    restore: (object, observed, options) => restoreSpec(client, { object, observed }, options),
    create: (object, options) => createObject(client, object, options),
    delete: (ref, precondition) => deleteObject(client, ref, precondition),
    podLog: (container, wish) => readPodLog(client, container, wish),
    events: (about) => readEvents(client, about),
    may: (verb, kind, where = {}) => reviewAccess(client, verb, { ...where, kind }),
  };
}

function bound(client: ApiClient, until: AbortSignal, check: (() => void) | undefined): ApiClient {
  function add(request: ApiRequest): ApiRequest {
    const { signal, beforeSending } = request;
    return {
      ...request,
      signal: signal === undefined ? until : AbortSignal.any([signal, until]),
      beforeSending() {
        beforeSending?.();
        check?.();
      },
    };
  }
  return {
    ...client,
    send: (request) => client.send(add(request)),
    stream: (request) => client.stream(add(request)),
  };
}

async function getObject(client: ApiClient, ref: ObjectRef): Promise<KubernetesObject | undefined> {
  const doing = `reading ${refKey(ref)}`;
  const answer = await send(client, doing, { method: "GET", path: objectPath(ref) }, [404]);
  const { plural } = OBJECT_KINDS[ref.kind];
  if (answer.status === 404 && isOurKind(ref.kind) && !isAbsent(answer, { plural, name: ref.name }))
    throw answerError(doing, answer);
  return answer.status === 404 ? undefined : objectIn(ref.kind, answer);
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
