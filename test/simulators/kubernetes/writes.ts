import { decoded } from "./admission.ts";
import {
  ApiFailure,
  badRequest,
  invalid,
  modified,
  notFound,
  unsupportedMediaType,
} from "./api-failure.ts";
import { checkCreatable, DEFINITION, terminateDefinition } from "./custom-resources/definitions.ts";
import { listKeysOf } from "./custom-resources/schema.ts";
import { isTree, listOf, textOf, type Tree, treeOf } from "./json-tree.ts";
import { jsonPatch, mergePatch } from "./patches.ts";
import { checkPolicies } from "./policies/check-policies.ts";
import {
  type Answer,
  isDryRun,
  liveObject,
  objectOf,
  parseBody,
  type ResourceRequest,
  writeOf,
} from "./request.ts";
import type { Resource } from "./resources.ts";
import { checkSameUid, finish, replaced, tracked, withoutServerFields } from "./saving.ts";
import { applyConfiguration } from "./server-side-apply.ts";
import { checkApplied, nullCauses } from "./typed/applied-types.ts";
import { decodedAs, typesOf } from "./typed/go-types.ts";
import type { KubernetesObject } from "./stored-object.ts";

export function create(request: ResourceRequest): Answer {
  const { resource, store } = request;
  const given = objectOf(request, parseBody(request));
  checkCreatable(store, resource, given.metadata.name);
  if (given.metadata.resourceVersion !== undefined && given.metadata.resourceVersion !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  const object = decoded(request, given);
  const { status: _, ...withoutStatus } = object;
  // Of a custom resource with a status subresource, status is not what a client creates.
  const made = resource.custom ? withoutStatus : object;
  return finish(request, undefined, tracked(request, undefined, withoutServerFields(made)));
}

export function update(request: ResourceRequest): Answer {
  const object = objectOf(request, parseBody(request));
  const { resource, store, name = "", namespace } = request;
  // A PUT of an absent Lease creates it. https://kubernetes.io/docs/reference/using-api/api-concepts/
  if (resource.kind === "Lease" && store.get("Lease", namespace, name) === undefined) {
    const { uid } = object.metadata;
    if (uid === undefined) return create(request);
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw modified(resource, name, `Precondition failed: ${why}`);
  }
  const live = liveObject(request);
  // https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
  const isConditional = resource.custom || resource.kind === "Lease";
  if (isConditional && (object.metadata.resourceVersion ?? "") === "")
    throw invalid(resource, name, [
      {
        reason: "FieldValueInvalid",
        message: "Invalid value: 0: must be specified for an update",
        field: "metadata.resourceVersion",
      },
    ]);
  return replaced(request, live, decoded(request, object));
}

const CUSTOM_PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

export function patch(request: ResourceRequest): Answer {
  const { contentType } = request;
  const body = parseBody(request);
  if (contentType === "application/apply-patch+yaml") return apply(request, body);
  const live = liveObject(request);
  switch (contentType) {
    case "application/merge-patch+json": {
      const merged = objectOf(request, mergePatch(live, body));
      return replaced(request, live, decoded(request, merged));
    }
    case "application/json-patch+json": {
      const patched = objectOf(request, jsonPatch(live, body));
      return replaced(request, live, decoded(request, patched));
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
  const merged = applyConfiguration(live, onlyStatusOrRest(request, given), {
    manager: query.get("fieldManager") ?? "",
    force: query.get("force") === "true",
    time: store.now(),
    subresource,
    listKeys: listKeysOf(resource.schema),
  });
  checkIdentity(request, given, live);
  if (live === undefined) checkCreatable(store, resource, given.metadata.name);
  const object = decodedAs(merged, typesOf(merged)) as KubernetesObject;
  if (resource.custom) checkNulls(resource, object);
  return finish(request, live, object);
}

function checkNulls(resource: Resource, { metadata, spec, status }: KubernetesObject): void {
  const causes = [...nullCauses(spec, "spec"), ...nullCauses(status, "status")];
  if (causes.length > 0) throw invalid(resource, metadata.name, causes);
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
  checkApplied(request.resource, given);
  return given;
}

function checkIdentity(
  request: ResourceRequest,
  given: KubernetesObject,
  live: KubernetesObject | undefined,
): void {
  const { resource, subresource, name = "" } = request;
  if (live === undefined && subresource !== undefined) throw notFound(resource, name);
  const { uid, resourceVersion } = given.metadata;
  if (live === undefined) {
    // A resourceVersion alone does not keep an apply from making a deleted object again.
    if (uid === undefined) return;
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw modified(resource, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)
    throw modified(resource, name);
  checkSameUid(request, live, given);
}

function onlyStatusOrRest(
  { subresource, resource }: ResourceRequest,
  object: KubernetesObject,
): KubernetesObject {
  const { apiVersion, kind, metadata, status } = object;
  if (subresource === "status") {
    const { name, namespace } = metadata;
    const place = namespace === undefined ? { name } : { name, namespace };
    return { apiVersion, kind, metadata: place, ...(status === undefined ? {} : { status }) };
  }
  if (!resource.hasStatus) return object;
  const { status: _, ...rest } = object;
  return rest;
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
  const write = writeOf(request, { object: undefined, oldObject: live });
  checkPolicies({ ...write, dryRun }, request.warnings);
  if (!dryRun && resource.kind === DEFINITION) terminateDefinition(store, name);
  else if (!dryRun) store.delete(resource.kind, namespace, name);
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
