import { randomUUID } from "node:crypto";
import { isSameJson } from "./json-tree.ts";

export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly uid?: string;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/#ManagedFieldsEntry */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: FieldsV1;
  readonly subresource?: string;
}

export interface FieldsV1 {
  readonly [field: string]: FieldsV1;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly creationTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any object as JSON. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** The object as it stands while its finalizers are waited for. */
export function deleting(object: KubernetesObject, now: string): KubernetesObject {
  const deletionTimestamp = object.metadata.deletionTimestamp ?? now;
  return { ...object, metadata: { ...object.metadata, deletionTimestamp } };
}

/** Whether nothing keeps the object any longer; a namespace also waits for its content. */
export function isGone({ kind, metadata }: KubernetesObject): boolean {
  return (
    kind !== "Namespace" &&
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0
  );
}

/** The object with what the API server sets itself; equal to `before` where nothing changed. */
export function complete(
  object: KubernetesObject,
  before: KubernetesObject | undefined,
  now: string,
): KubernetesObject {
  const { resourceVersion: _, finalizers = [], ...given } = object.metadata;
  const lasting = before?.metadata ?? { uid: randomUUID(), creationTimestamp: now, ...given };
  const metadata = {
    ...given,
    ...(finalizers.length === 0 ? {} : { finalizers }),
    ...(lasting.uid === undefined ? {} : { uid: lasting.uid }),
    ...(lasting.creationTimestamp === undefined
      ? {}
      : { creationTimestamp: lasting.creationTimestamp }),
    ...(before === undefined ? {} : { resourceVersion: before.metadata.resourceVersion ?? "0" }),
  };
  if (object.kind === "Namespace") {
    const labels = { "kubernetes.io/metadata.name": metadata.name, ...metadata.labels };
    const status = object.status ?? { phase: "Active" };
    return { ...object, metadata: { ...metadata, labels }, status };
  }
  return { ...object, metadata: { ...metadata, generation: generationOf(object, before) } };
}

function generationOf(object: KubernetesObject, before: KubernetesObject | undefined): number {
  if (before === undefined) return object.metadata.generation ?? 1;
  const isGoing = object.metadata.deletionTimestamp !== before.metadata.deletionTimestamp;
  const changed = isGoing || !isSameJson(content(before), content(object));
  return (before.metadata.generation ?? 1) + (changed ? 1 : 0);
}

function content(object: KubernetesObject): unknown {
  const { metadata: _, status: __, ...rest } = object;
  return rest;
}
