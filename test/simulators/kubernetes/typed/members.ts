import type { ListKeys } from "../custom-resources/schema.ts";
import { isTree, listOf, type Tree } from "../json-tree.ts";
import type { KubernetesObject, ManagedFieldsEntry } from "../stored-object.ts";

/** One owned place: `f:` fields, `k:` elements of keyed lists. */
export type FieldPath = readonly string[];
export type FieldSet = ReadonlyMap<string, FieldPath>;

/** The owned places of an object: what it holds there, or only that something is there. */
export interface Members {
  readonly leaves: FieldSet;
  /** Maps, lists with keys and their elements: whoever owns one owns nothing in it. */
  readonly containers: FieldSet;
}

/** Lists that are merged by key instead of owned whole, by kind and path, `*` for any kind. */
const KEYED_LISTS: Readonly<Record<string, readonly string[]>> = {
  "* metadata.ownerReferences": ["uid"],
  // https://istio.io/latest/docs/reference/config/networking/service-entry/ (the CRD's list-type map)
  "ServiceEntry spec.ports": ["name"],
  "Service spec.ports": ["port", "protocol"],
  // https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ (its patch strategies)
  "Pod spec.containers": ["name"],
  "Pod spec.containers.env": ["name"],
  "Pod spec.initContainers": ["name"],
  "Pod spec.volumes": ["name"],
  "Deployment spec.template.spec.containers": ["name"],
  "ValidatingAdmissionPolicy spec.matchConditions": ["name"],
  "ValidatingAdmissionPolicy spec.variables": ["name"],
};

const UNMANAGED_METADATA = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

/**
 * Every place of an object that somebody can own. Who updates owns the maps and lists they make as well, who applies only
 * those that are empty. `metadata.finalizers` is owned whole here.
 */
export function membersOf(
  object: KubernetesObject,
  { listKeys, operation }: { readonly listKeys: ListKeys; readonly operation: Operation },
): Members {
  const { apiVersion: _, kind, metadata, ...rest } = object;
  const managed = Object.entries(metadata).filter(([field]) => !UNMANAGED_METADATA.has(field));
  const leaves = new Map<string, FieldPath>();
  const containers = new Map<string, FieldPath>();
  const tree = {
    ...(managed.length === 0 ? {} : { metadata: Object.fromEntries(managed) }),
    ...rest,
  };
  collect(tree, [], { kind, listKeys, withAll: operation === "Update", leaves, containers });
  return { leaves, containers };
}

type Operation = ManagedFieldsEntry["operation"];

/** Both kinds of places together. */
export function allOf({ leaves, containers }: Members): FieldSet {
  return new Map([...leaves, ...containers]);
}

interface Kinds {
  readonly kind: string;
  readonly listKeys: ListKeys;
}

interface Collecting extends Kinds {
  /** Maps and lists that are not empty, too. */
  readonly withAll: boolean;
  readonly leaves: Map<string, FieldPath>;
  readonly containers: Map<string, FieldPath>;
}

function collect(value: unknown, path: FieldPath, into: Collecting): void {
  const keys = Array.isArray(value) ? keysOf(into, path) : undefined;
  if (keys !== undefined) {
    collectElements(listOf(value), keys, { path, into });
    return;
  }
  if (!isTree(value)) {
    add(into.leaves, path);
    return;
  }
  const isRoot = path.length === 0 || isAlwaysThere(into.kind, path);
  const isEmpty = Object.keys(value).length === 0;
  if (!isRoot && (isEmpty || into.withAll)) add(into.containers, path);
  collectFields(value, path, into);
}

/** What is in every object, also in an empty one of a Go type, is made by nobody: no dot stands there. */
function isAlwaysThere(kind: string, path: FieldPath): boolean {
  const place = path.join(" ");
  return (
    place === "f:metadata" || (kind === "Pod" && ["f:spec", "f:spec f:containers"].includes(place))
  );
}

function collectElements(
  elements: readonly unknown[],
  keys: readonly string[],
  { path, into }: { readonly path: FieldPath; readonly into: Collecting },
): void {
  if (into.withAll && elements.length > 0 && !isAlwaysThere(into.kind, path))
    add(into.containers, path);
  for (const element of elements) {
    const place = [...path, elementKey(element, keys)];
    add(into.containers, place);
    if (isTree(element)) collectFields(element, place, into);
  }
}

function collectFields(value: Tree, path: FieldPath, into: Collecting): void {
  for (const [field, inner] of Object.entries(value)) collect(inner, [...path, `f:${field}`], into);
}

function add(set: Map<string, FieldPath>, path: FieldPath): void {
  set.set(path.join("\0"), path);
}

interface KeyedList {
  readonly path: string;
  readonly elements: readonly unknown[];
  readonly keys: readonly string[];
}

/** Lists whose elements are told apart by keys that have no default. */
export function keyedLists(object: KubernetesObject, listKeys: ListKeys): readonly KeyedList[] {
  const kinds = { kind: object.kind, listKeys };
  function within(value: unknown, path: FieldPath): readonly KeyedList[] {
    const keys = Array.isArray(value) ? keysOf(kinds, path) : undefined;
    if (keys !== undefined && !keys.includes("protocol")) {
      const name = path.map((word) => word.slice(2)).join(".");
      return [{ path: name, elements: listOf(value), keys }];
    }
    if (!isTree(value)) return [];
    return Object.entries(value).flatMap(([field, inner]) =>
      within(inner, [...path, `f:${field}`]),
    );
  }
  return within(object, []);
}

function keysOf({ kind, listKeys }: Kinds, path: FieldPath): readonly string[] | undefined {
  const fields = path.filter((word) => !word.startsWith("k:"));
  const name = fields.map((word) => word.slice(2)).join(".");
  return listKeys[name] ?? KEYED_LISTS[`${kind} ${name}`] ?? KEYED_LISTS[`* ${name}`];
}

function elementKey(element: unknown, keys: readonly string[]): string {
  const tree: Tree = isTree(element) ? element : {};
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, tree[key] ?? ""])))}`;
}
