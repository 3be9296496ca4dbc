import { randomUUID } from "node:crypto";
import { admit, decoded } from "./admission.ts";
import {
  alreadyExists,
  ApiFailure,
  badRequest,
  forbidden,
  modified,
  notFound,
  unsupportedMediaType,
} from "./api-failure.ts";
import { unknownFields } from "./field-shape.ts";
import { isSameJson, isTree, listOf, textOf, type Tree, treeOf } from "./json-tree.ts";
import { shapeOf } from "./known-fields.ts";
import { trackUpdate } from "./managed-fields.ts";
import type { KubernetesObject } from "./object-store.ts";
import { jsonPatch, mergePatch } from "./patches.ts";
import { type Answer, isDryRun, objectOf, parseBody, type ResourceRequest } from "./request.ts";
import { apiVersionOf } from "./resources.ts";
import { applyConfiguration } from "./server-side-apply.ts";

export function create(request: ResourceRequest): Answer {
  const { resource, store } = request;
  const given = objectOf(request, parseBody(request));
  if (given.metadata.resourceVersion !== undefined && given.metadata.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const object = decoded(resource, given, request.query.get("fieldValidation"));
  if (store.get(resource.kind, object.metadata.namespace, object.metadata.name) !== undefined) {
    throw alreadyExists(resource, object.metadata.name);
  }
  return finish(request, undefined, tracked(request, undefined, withoutServerFields(object)));
}

export function update(request: ResourceRequest): Answer {
  const live = liveObject(request);
  const object = objectOf(request, parseBody(request));
  return replaced(
    request,
    live,
    decoded(request.resource, object, request.query.get("fieldValidation")),
  );
}

const CUSTOM_PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

export function patch(request: ResourceRequest): Answer {
  const { resource, contentType, query } = request;
  const body = parseBody(request);
  if (contentType === "application/apply-patch+yaml") return apply(request, body);
  const live = liveObject(request);
  switch (contentType) {
    case "application/merge-patch+json": {
      const merged = objectOf(request, mergePatch(live, body));
      return replaced(request, live, decoded(resource, merged, query.get("fieldValidation")));
    }
    case "application/json-patch+json": {
      const patched = objectOf(request, jsonPatch(live, body));
      return replaced(request, live, decoded(resource, patched, query.get("fieldValidation")));
    }
    default:
      // Strategic merge needs Go types: custom resources have none, and nobody here uses it for others.
      throw unsupportedMediaType(CUSTOM_PATCHES);
  }
}

function apply(request: ResourceRequest, body: unknown): Answer {
  const { resource, store, query, subresource } = request;
  const given = configurationOf(request, body);
  const live = store.get(resource.kind, request.namespace, request.name ?? "");
  checkIdentity(request, given, live);
  const merged = applyConfiguration(live, onlyStatusOrRest(request, given), {
    manager: query.get("fieldManager") ?? "",
    force: query.get("force") === "true",
    time: store.now(),
    subresource,
  });
  return finish(request, live, merged);
}

/** The applied configuration, fit to be merged. */
function configurationOf(request: ResourceRequest, body: unknown): KubernetesObject {
  if ((request.query.get("fieldManager") ?? "") === "") {
    throw new ApiFailure(
      422,
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      { details: { group: "meta.k8s.io", kind: "PatchOptions" } },
    );
  }
  if (!isTree(body) || typeof body["apiVersion"] !== "string" || typeof body["kind"] !== "string") {
    throw badRequest("invalid object type: apiVersion and kind must be set");
  }
  const given = objectOf(request, body);
  if (given.metadata.managedFields !== undefined) {
    throw badRequest("metadata.managedFields must be nil");
  }
  checkDeclared(request, given);
  return given;
}

function checkIdentity(
  { resource, subresource, name = "" }: ResourceRequest,
  given: KubernetesObject,
  live: KubernetesObject | undefined,
): void {
  if (live === undefined && subresource !== undefined) throw notFound(resource, name);
  const { uid, resourceVersion } = given.metadata;
  if (uid !== undefined && uid !== live?.metadata.uid) {
    throw modified(
      resource,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== live?.metadata.resourceVersion) {
    throw modified(resource, name);
  }
}

/**
 * Apply is typed before anything else looks at it, whatever `fieldValidation` says, and the API server answers 500 with
 * no reason: https://github.com/kubernetes/kubernetes/issues/139253
 */
function checkDeclared({ resource }: ResourceRequest, object: KubernetesObject): void {
  const [first] = unknownFields(object, shapeOf(resource.kind));
  if (first === undefined) return;
  const { name, namespace = "" } = object.metadata;
  throw new ApiFailure(
    500,
    "",
    `failed to create typed patch object (${namespace}/${name}; ${apiVersionOf(resource)}, Kind=${resource.kind}): .${first}: field not declared in schema`,
  );
}

function onlyStatusOrRest(
  { subresource, resource }: ResourceRequest,
  object: KubernetesObject,
): KubernetesObject {
  const { apiVersion, kind, metadata, status } = object;
  if (subresource === "status")
    return { apiVersion, kind, metadata, ...(status === undefined ? {} : { status }) };
  if (!resource.hasStatus) return object;
  const { status: _, ...rest } = object;
  return rest;
}

function replaced(
  request: ResourceRequest,
  live: KubernetesObject,
  given: KubernetesObject,
): Answer {
  const { resource, subresource } = request;
  const { name } = live.metadata;
  const version = given.metadata.resourceVersion;
  if (version !== undefined && version !== "" && version !== live.metadata.resourceVersion) {
    throw modified(resource, name);
  }
  if (given.metadata.uid !== undefined && given.metadata.uid !== live.metadata.uid) {
    throw modified(
      resource,
      name,
      `Precondition failed: UID in precondition: ${given.metadata.uid}, UID in object meta: ${live.metadata.uid ?? ""}`,
    );
  }
  const next: KubernetesObject =
    subresource === "status"
      ? { ...live, ...(given.status === undefined ? {} : { status: given.status }) }
      : withLiveFields(given, live, resource.hasStatus);
  const { managedFields, ...metadata } = live.metadata;
  const same = isSameJson(
    { ...next, metadata: { ...next.metadata, managedFields: 0 } },
    { ...live, metadata: { ...metadata, managedFields: 0 } },
  );
  if (same) return { status: 200, body: live };
  return finish(request, live, tracked(request, live, next));
}

/** What only the server sets stays as it is, whatever was sent. */
function withLiveFields(
  given: KubernetesObject,
  live: KubernetesObject,
  hasStatus: boolean,
): KubernetesObject {
  const { uid, creationTimestamp, generation, deletionTimestamp, resourceVersion } = live.metadata;
  const kept = Object.fromEntries(
    Object.entries({
      uid,
      creationTimestamp,
      generation,
      deletionTimestamp,
      resourceVersion,
    }).filter(([, value]) => value !== undefined),
  );
  const { status: _, ...rest } = given;
  const { managedFields: __, ...metadata } = given.metadata;
  const object = hasStatus ? rest : given;
  return {
    ...object,
    metadata: { ...metadata, ...kept },
    ...(hasStatus && live.status !== undefined ? { status: live.status } : {}),
  };
}

function withoutServerFields(object: KubernetesObject): KubernetesObject {
  const {
    uid: _,
    creationTimestamp: __,
    generation: ___,
    managedFields: ____,
    deletionTimestamp: _____,
    ...metadata
  } = object.metadata;
  return { ...object, metadata: { ...metadata, uid: randomUUID() } };
}

function tracked(
  request: ResourceRequest,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): KubernetesObject {
  const manager =
    request.query.get("fieldManager") ?? (request.userAgent.split("/")[0] || "unknown");
  return trackUpdate(live, next, {
    manager,
    apiVersion: apiVersionOf(request.resource),
    time: request.store.now(),
    subresource: request.subresource,
  });
}

function finish(
  request: ResourceRequest,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): Answer {
  const { store, resource, subresource } = request;
  const object =
    subresource === "status"
      ? next
      : admit(store, resource, { object: next, isNew: live === undefined });
  checkImmutable(request, live, object);
  const status = live === undefined ? 201 : 200;
  if (!isDryRun(request)) return { status, body: store.put(object) };
  const unsaved = { uid: randomUUID(), creationTimestamp: store.now(), ...object.metadata };
  return { status, body: { ...object, metadata: unsaved } };
}

/** Most of a pod cannot be changed. https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement */
function checkImmutable(
  { resource, subresource }: ResourceRequest,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): void {
  if (resource.kind !== "Pod" || live === undefined || subresource !== undefined) return;
  if (isSameJson(live.spec, next.spec)) return;
  throw forbidden(
    resource,
    next.metadata.name,
    "pod updates may not change fields other than its images, deadline and tolerations",
  );
}

export function liveObject({
  store,
  resource,
  namespace,
  name = "",
}: ResourceRequest): KubernetesObject {
  const found = store.get(resource.kind, namespace, name);
  if (found === undefined) throw notFound(resource, name);
  return found;
}

export function remove(request: ResourceRequest): Answer {
  const { store, resource, body } = request;
  const live = liveObject(request);
  const { name, namespace } = live.metadata;
  const options = treeOf(
    body === "" ? {} : parseBody({ ...request, contentType: "application/json" }),
  );
  checkPreconditions(request, live, treeOf(options["preconditions"]));
  const dryRun = isDryRun(request) || listOf(options["dryRun"]).includes("All");
  if (!dryRun) store.delete(resource.kind, namespace, name);
  const left = store.get(resource.kind, namespace, name);
  if (left?.metadata.deletionTimestamp !== undefined || resource.kind === "Pod") {
    return { status: 200, body: left ?? live };
  }
  const { group, plural } = resource;
  const details = { name, group, kind: plural, uid: live.metadata.uid };
  return {
    status: 200,
    body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details },
  };
}

function checkPreconditions(
  { resource }: ResourceRequest,
  { metadata }: KubernetesObject,
  preconditions: Tree,
): void {
  const labels = { uid: "UID", resourceVersion: "ResourceVersion" } as const;
  for (const field of ["uid", "resourceVersion"] as const) {
    const wanted = preconditions[field];
    const label = labels[field];
    if (wanted === undefined || wanted === metadata[field]) continue;
    throw modified(
      resource,
      metadata.name,
      `Precondition failed: ${label} in precondition: ${textOf(wanted)}, ${label} in object meta: ${metadata[field] ?? ""}`,
    );
  }
}
