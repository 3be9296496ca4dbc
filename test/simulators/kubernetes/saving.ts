import { randomUUID } from "node:crypto";
import { admit } from "./admission.ts";
import {
  alreadyExists,
  ApiFailure,
  type Cause,
  forbidden,
  invalid,
  modified,
} from "./api-failure.ts";
import { checkAddOnsAutoscaler } from "./autoscaler-rules.ts";
import { customCauses } from "./custom-resources/custom-causes.ts";
import { listKeysOf } from "./custom-resources/schema.ts";
import { checkWebhook } from "./istio-webhook.ts";
import { isSameJson } from "./json-tree.ts";
import { trackUpdate } from "./managed-fields.ts";
import { checkPolicies } from "./policies/check-policies.ts";
import { type Answer, isDryRun, type ResourceRequest, writeOf } from "./request.ts";
import { apiVersionOf } from "./resources.ts";
import type { KubernetesObject } from "./stored-object.ts";

/** Puts the given object, or its status, in place of the live one; the same again changes nothing. */
export function replaced(
  request: ResourceRequest,
  live: KubernetesObject,
  given: KubernetesObject,
): Answer {
  const { resource, subresource } = request;
  const { name } = live.metadata;
  checkUid(request, live, given);
  const version = given.metadata.resourceVersion;
  if (version !== undefined && version !== "" && version !== live.metadata.resourceVersion) {
    throw modified(resource, name);
  }
  checkSameUid(request, live, given);
  const next =
    subresource === "status"
      ? withStatus(live, given.status)
      : withLiveFields(given, live, resource.hasStatus);
  const { managedFields, ...metadata } = live.metadata;
  const same = isSameJson(
    { ...next, metadata: { ...next.metadata, managedFields: 0 } },
    { ...live, metadata: { ...metadata, managedFields: 0 } },
  );
  if (same) {
    // Nothing is stored, but whoever sent it may have had no right to.
    checkPolicies(writeOf(request, { object: next, oldObject: live }), request.warnings);
    return { status: 200, body: live };
  }
  return finish(request, live, tracked(request, live, next));
}

/** A PUT's uid is a precondition. */
function checkUid(
  { method, resource }: ResourceRequest,
  live: KubernetesObject,
  given: KubernetesObject,
): void {
  const { name, uid } = given.metadata;
  if (method !== "PUT" || uid === undefined || uid === live.metadata.uid) return;
  const why = `StorageError: invalid object, Code: 4, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ""}`;
  throw modified(resource, name, why);
}

/** Of any other write it is a field that cannot be changed. */
export function checkSameUid(
  { resource }: ResourceRequest,
  live: KubernetesObject,
  given: KubernetesObject,
): void {
  const { name, uid } = given.metadata;
  if (uid === undefined || uid === live.metadata.uid) return;
  throw invalid(resource, name, [
    {
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(uid)}: field is immutable`,
      field: "metadata.uid",
    },
  ]);
}

/** An update of a status without one takes it away. */
function withStatus(live: KubernetesObject, status: KubernetesObject["status"]): KubernetesObject {
  const { status: _, ...rest } = live;
  return status === undefined ? rest : { ...rest, status };
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

/** The object as sent, without what only the server may set and with an identity of its own. */
export function withoutServerFields(object: KubernetesObject): KubernetesObject {
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

/** The object with the fields its writer owns from now on. */
export function tracked(
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
    listKeys: listKeysOf(request.resource.schema),
  });
}

/** Admits the object and, unless only tried, stores it. */
export function finish(
  request: ResourceRequest,
  live: KubernetesObject | undefined,
  next: KubernetesObject,
): Answer {
  const { store, resource, subresource } = request;
  const object =
    subresource === "status" ? next : admit(request, { object: next, isNew: live === undefined });
  const { schema } = resource;
  const causes = [
    ...finalizerCauses(object, live),
    ...(schema === undefined ? [] : customCauses(schema, { object, live, subresource })),
    ...leaseCauses(object),
  ];
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes);
  checkPolicies(writeOf(request, { object, oldObject: live }), request.warnings);
  if (subresource === undefined) {
    checkWebhook(object);
    checkAddOnsAutoscaler(object);
  }
  // Whether the name is taken, the store is asked last.
  const taken = store.get(resource.kind, object.metadata.namespace, object.metadata.name);
  if (live === undefined && taken !== undefined) throw alreadyExists(resource, taken);
  checkSize(object);
  checkImmutable(request, live, object);
  const status = live === undefined ? 201 : 200;
  if (!isDryRun(request)) return { status, body: store.put(object) };
  const unsaved = { uid: randomUUID(), creationTimestamp: store.now(), ...object.metadata };
  return { status, body: { ...object, metadata: unsaved } };
}

/** Nothing holds up a deletion that has begun. https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/ */
function finalizerCauses(
  { metadata }: KubernetesObject,
  live: KubernetesObject | undefined,
): readonly Cause[] {
  if (live?.metadata.deletionTimestamp === undefined) return [];
  const before = live.metadata.finalizers ?? [];
  const added = (metadata.finalizers ?? []).filter((each) => !before.includes(each));
  if (added.length === 0) return [];
  const list = added.map((each) => JSON.stringify(each)).join(", ");
  return [
    {
      reason: "FieldValueForbidden",
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
      field: "metadata.finalizers",
    },
  ];
}

/** https://etcd.io/docs/v3.6/dev-guide/limit/#request-size-limit */
const REQUEST_LIMIT = 1.5 * 1024 * 1024;

function checkSize(object: KubernetesObject): void {
  if (Buffer.byteLength(JSON.stringify(object)) > REQUEST_LIMIT)
    throw new ApiFailure(500, "", "etcdserver: request is too large");
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
function leaseCauses({ kind, spec }: KubernetesObject): readonly Cause[] {
  const seconds = spec?.["leaseDurationSeconds"];
  return kind === "Lease" && typeof seconds === "number" && seconds <= 0
    ? [
        {
          reason: "FieldValueInvalid",
          message: `Invalid value: ${seconds}: must be greater than 0`,
          field: "spec.leaseDurationSeconds",
        },
      ]
    : [];
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
