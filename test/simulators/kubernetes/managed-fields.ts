import type { ListKeys } from "./custom-resources/schema.ts";
import { isSameJson, isTree, listOf, type Tree } from "./json-tree.ts";
import type { FieldsV1, KubernetesObject, ManagedFieldsEntry } from "./stored-object.ts";

/** One owned leaf: `f:` fields, `k:` elements of keyed lists, `.` the element itself. */
export type FieldPath = readonly string[];
export type FieldSet = ReadonlyMap<string, FieldPath>;

/** Lists that are merged by key instead of owned whole, by kind and path, `*` for any kind. */
const KEYED_LISTS: Readonly<Record<string, readonly string[]>> = {
  "* metadata.ownerReferences": ["uid"],
  // https://istio.io/latest/docs/reference/config/networking/service-entry/ (the CRD's list-type map)
  "ServiceEntry spec.ports": ["name"],
  "Service spec.ports": ["port", "protocol"],
  "Pod spec.containers": ["name"],
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
  "generateName",
]);

/** Every leaf of an object that somebody can own. `metadata.finalizers` is owned whole here. */
export function fieldSetOf(object: KubernetesObject, listKeys: ListKeys = {}): FieldSet {
  const { apiVersion: _, kind, metadata, ...rest } = object;
  const managed = Object.entries(metadata).filter(([field]) => !UNMANAGED_METADATA.has(field));
  const found = new Map<string, FieldPath>();
  const tree = {
    ...(managed.length === 0 ? {} : { metadata: Object.fromEntries(managed) }),
    ...rest,
  };
  collect(tree, [], { kind, listKeys, found });
  return found;
}

interface Collecting {
  readonly kind: string;
  readonly listKeys: ListKeys;
  readonly found: Map<string, FieldPath>;
}

function collect(value: unknown, path: FieldPath, into: Collecting): void {
  const keys = Array.isArray(value) ? keysOf(into, path) : undefined;
  if (keys !== undefined) {
    for (const element of listOf(value)) {
      const place = [...path, elementKey(element, keys)];
      add(into, [...place, "."]);
      collect(element, place, into);
    }
    return;
  }
  if (isTree(value) && (Object.keys(value).length > 0 || path.length === 0)) {
    for (const [field, inner] of Object.entries(value))
      collect(inner, [...path, `f:${field}`], into);
    return;
  }
  add(into, path);
}

function add({ found }: Collecting, path: FieldPath): void {
  found.set(path.join("\0"), path);
}

function keysOf({ kind, listKeys }: Collecting, path: FieldPath): readonly string[] | undefined {
  if (path.some((word) => word.startsWith("k:"))) return undefined;
  const name = path.map((word) => word.slice(2)).join(".");
  return listKeys[name] ?? KEYED_LISTS[`${kind} ${name}`] ?? KEYED_LISTS[`* ${name}`];
}

function elementKey(element: unknown, keys: readonly string[]): string {
  const tree: Tree = isTree(element) ? element : {};
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, tree[key] ?? ""])))}`;
}

export function toFieldsV1(set: FieldSet): FieldsV1 {
  interface Growing {
    [word: string]: Growing;
  }
  const root: Growing = {};
  for (const path of set.values()) {
    let at = root;
    for (const word of path) at = at[word] ??= {};
  }
  return root;
}

export function fromFieldsV1(fields: FieldsV1): FieldSet {
  const found = new Map<string, FieldPath>();
  function walk(at: FieldsV1, path: FieldPath): void {
    const entries = Object.entries(at);
    if (entries.length === 0 && path.length > 0) found.set(path.join("\0"), path);
    for (const [word, inner] of entries) walk(inner, [...path, word]);
  }
  walk(fields, []);
  return found;
}

/** The value at a path; undefined where there is none. For `.` the element itself. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let at = root;
  for (const word of path) {
    if (word === ".") return at === undefined ? undefined : true;
    if (word.startsWith("k:")) at = listOf(at)[indexOf(at, word)];
    else at = isTree(at) ? at[word.slice(2)] : undefined;
  }
  return at;
}

export function setValue(root: Tree, path: FieldPath, value: unknown): void {
  let at: Tree = root;
  path.forEach((word, index) => {
    if (word === "." || word.startsWith("k:")) return;
    const field = word.slice(2);
    const next = path[index + 1];
    if (next === undefined) {
      at[field] = structuredClone(value);
    } else if (next.startsWith("k:")) {
      const list = Array.isArray(at[field]) ? (at[field] as unknown[]) : [];
      at[field] = list;
      let position = indexOf(list, next);
      if (position === -1) position = list.push(JSON.parse(next.slice(2))) - 1;
      at = list[position] as Tree;
    } else {
      const found = at[field];
      const inner: Tree = isTree(found) ? found : {};
      at[field] = inner;
      at = inner;
    }
  });
}

/** Removes a leaf and the containers this leaves empty. */
export function deleteValue(root: Tree, path: FieldPath): void {
  const last = path.at(-1);
  if (last === undefined) return;
  if (last === ".") {
    deleteElement(root, path.slice(0, -1));
    return;
  }
  const parentPath = path.slice(0, -1);
  const parent = valueAt(root, parentPath);
  if (!isTree(parent)) return;
  delete parent[last.slice(2)];
  const removable = parentPath.length > 0 && !(parentPath.at(-1) ?? "").startsWith("k:");
  if (removable && Object.keys(parent).length === 0) deleteValue(root, parentPath);
}

function deleteElement(root: Tree, path: FieldPath): void {
  const list = valueAt(root, path.slice(0, -1));
  const position = indexOf(list, path.at(-1) ?? "");
  if (Array.isArray(list) && position !== -1) list.splice(position, 1);
  if (Array.isArray(list) && list.length === 0) deleteValue(root, path.slice(0, -1));
}

function indexOf(list: unknown, word: string): number {
  const key = JSON.parse(word.slice(2)) as Tree;
  return listOf(list).findIndex(
    (element) =>
      isTree(element) &&
      Object.entries(key).every(([field, value]) => (element[field] ?? "") === value),
  );
}

interface Writer {
  /** Of the object's kind. */
  readonly listKeys: ListKeys;
  readonly manager: string;
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource: string | undefined;
}

/** What a create, update or patch changed belongs to its writer from now on, and to nobody else. */
export function trackUpdate(
  before: KubernetesObject | undefined,
  after: KubernetesObject,
  writer: Writer,
): KubernetesObject {
  const old =
    before === undefined ? new Map<string, FieldPath>() : fieldSetOf(before, writer.listKeys);
  const now = fieldSetOf(after, writer.listKeys);
  const changed = new Map(
    [...now].filter(
      ([key, path]) => !old.has(key) || !isSameJson(valueAt(before, path), valueAt(after, path)),
    ),
  );
  const { manager, apiVersion, time, subresource } = writer;
  let mine = changed;
  const others: ManagedFieldsEntry[] = [];
  for (const entry of before?.metadata.managedFields ?? []) {
    const set = fromFieldsV1(entry.fieldsV1);
    if (
      entry.manager === manager &&
      entry.operation === "Update" &&
      entry.subresource === subresource
    ) {
      mine = new Map([...[...set].filter(([key]) => now.has(key)), ...changed]);
      continue;
    }
    const left = new Map([...set].filter(([key]) => now.has(key) && !changed.has(key)));
    if (left.size > 0) others.push({ ...entry, fieldsV1: toFieldsV1(left) });
  }
  const entry: ManagedFieldsEntry = {
    manager,
    operation: "Update",
    apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1: toFieldsV1(mine),
    ...(subresource === undefined ? {} : { subresource }),
  };
  const managedFields = mine.size === 0 ? others : [...others, entry];
  return { ...after, metadata: { ...after.metadata, managedFields } };
}
