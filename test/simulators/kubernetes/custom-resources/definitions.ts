import { type Cause, forbidden } from "../api-failure.ts";
import { isTree, textOf, type Tree, treeOf, treesOf } from "../json-tree.ts";
import type { ObjectStore, StoreEvent } from "../object-store.ts";
import type { Resource } from "../resources.ts";
import { deleting, type KubernetesObject } from "../stored-object.ts";
import { compileProblem } from "./cel.ts";
import { rulesIn, type Schema } from "./schema.ts";

export const DEFINITION = "CustomResourceDefinition";
/** Keeps a definition until its last object is gone. */
const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

/** The kind a definition brings in one version; undefined where it does not serve that version. */
export function resourceIn({ spec }: KubernetesObject, version: string): Resource | undefined {
  const names = treeOf(spec?.["names"]);
  const served = treesOf(spec?.["versions"]).find(
    (each) => each["name"] === version && each["served"] === true,
  );
  if (served === undefined) return undefined;
  return {
    group: textOf(spec?.["group"]),
    version,
    kind: textOf(names["kind"]),
    plural: textOf(names["plural"]),
    namespaced: spec?.["scope"] === "Namespaced",
    custom: true,
    hasStatus: isTree(treeOf(served["subresources"])["status"]),
    schema: schemaIn(served),
    selectable: treesOf(served["selectableFields"]).map(({ jsonPath }) =>
      textOf(jsonPath).replace(/^\./, ""),
    ),
  };
}

function schemaIn(version: Tree): Schema {
  return treeOf(treeOf(version["schema"])["openAPIV3Schema"]);
}

/** The definition of a group's plural, also while it is terminating. Large, and asked for with each request: no copy. */
export function definitionOf(
  store: ObjectStore,
  plural: string,
  group: string,
): KubernetesObject | undefined {
  const name = `${plural}.${group}`;
  return store.look(DEFINITION).find(({ metadata }) => metadata.name === name);
}

/** What the API server finds wrong with a definition: its name, and rules that do not compile. */
export function definitionCauses({ kind, metadata, spec }: KubernetesObject): readonly Cause[] {
  if (kind !== DEFINITION) return [];
  const names = treeOf(spec?.["names"]);
  const expected = `${textOf(names["plural"])}.${textOf(spec?.["group"])}`;
  const misnamed = `Invalid value: ${JSON.stringify(metadata.name)}: must be spec.names.plural+"."+spec.group`;
  const broken = treesOf(spec?.["versions"])
    .flatMap((version) => rulesIn(schemaIn(version)))
    .flatMap(({ rule }) => compileProblem(rule) ?? []);
  return [
    ...(metadata.name === expected
      ? []
      : [{ reason: "FieldValueInvalid", message: misnamed, field: "metadata.name" }]),
    ...broken.map((why) => ({
      reason: "FieldValueInvalid",
      message: `Invalid value: compilation failed: ${why}`,
      field: "spec.versions[].schema.openAPIV3Schema.x-kubernetes-validations[].rule",
    })),
  ];
}

/**
 * Marks a definition as going, in one write: its objects go after it, each when its finalizers let it.
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/etcd.go
 */
export function terminateDefinition(store: ObjectStore, name: string): void {
  const found = store.get(DEFINITION, undefined, name);
  if (found === undefined) return;
  const finalizers = [...new Set([...(found.metadata.finalizers ?? []), CLEANUP])];
  const conditions = treesOf(found.status?.["conditions"]).filter(
    ({ type }) => type !== TERMINATING.type,
  );
  const lastTransitionTime = store.now();
  store.put({
    ...deleting({ ...found, metadata: { ...found.metadata, finalizers } }, store.now()),
    status: {
      ...found.status,
      conditions: [...conditions, { ...TERMINATING, lastTransitionTime }],
    },
  });
}

const TERMINATING = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionPending",
  message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
};

/**
 * Nothing is made of a kind whose definition is going. Before 1.34 this was 405, and an apply was let through.
 * https://github.com/kubernetes/kubernetes/pull/132467
 */
export function checkCreatable(store: ObjectStore, resource: Resource, name: string): void {
  const { plural, group, schema } = resource;
  if (schema === undefined) return;
  if (definitionOf(store, plural, group)?.metadata.deletionTimestamp === undefined) return;
  const why = "create not allowed while custom resource definition is terminating";
  throw forbidden(resource, name, why);
}

/**
 * What the API server's own controllers do about definitions: they establish a new one, and take the objects of one that
 * is terminating along.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#delete-a-customresourcedefinition
 */
export function runDefinitions(store: ObjectStore): void {
  /** Those that wait for their objects: name by kind. */
  const going = new Map<string, string>();
  function finish(kind: string): void {
    const name = going.get(kind);
    if (name === undefined || store.list(kind).length > 0) return;
    going.delete(kind);
    store.removeFinalizer(DEFINITION, undefined, name, CLEANUP);
  }

  store.on(({ type, object }: StoreEvent) => {
    if (object.kind !== DEFINITION) {
      if (type === "DELETED") finish(object.kind);
      return;
    }
    if (type === "ADDED") establish(store, object);
    if (type === "DELETED" || object.metadata.deletionTimestamp === undefined) return;
    const kind = kindOf(object);
    if (going.has(kind)) return;
    going.set(kind, object.metadata.name);
    for (const { metadata } of store.list(kind))
      store.delete(kind, metadata.namespace, metadata.name);
    finish(kind);
  });
}

function establish(store: ObjectStore, { metadata, spec }: KubernetesObject): void {
  const lastTransitionTime = store.now();
  const conditions = [
    ["NamesAccepted", "NoConflicts", "no conflicts found"],
    ["Established", "InitialNamesAccepted", "the initial names have been accepted"],
  ].map(([type, reason, message]) => ({
    type,
    status: "True",
    reason,
    message,
    lastTransitionTime,
  }));
  store.patchStatus(DEFINITION, undefined, metadata.name, {
    acceptedNames: spec?.["names"] ?? {},
    conditions,
    storedVersions: treesOf(spec?.["versions"])
      .filter(({ storage }) => storage === true)
      .map(({ name }) => name),
  });
}

function kindOf({ spec }: KubernetesObject): string {
  return textOf(treeOf(spec?.["names"])["kind"]);
}
