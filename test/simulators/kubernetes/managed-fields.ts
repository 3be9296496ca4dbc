import type { ListKeys } from "./custom-resources/schema.ts";
import { isSameJson, isTree, listOf, type Tree } from "./json-tree.ts";
import type { FieldsV1, KubernetesObject, ManagedFieldsEntry } from "./stored-object.ts";
import { allOf, type FieldPath, type FieldSet, type Members, membersOf } from "./typed/members.ts";

/** A place that holds others which are owned too is marked with a dot. */
export function toFieldsV1(set: FieldSet): FieldsV1 {
  interface Growing {
    [word: string]: Growing;
  }
  const root: Growing = {};
  function reach(path: FieldPath): Growing {
    let at = root;
    for (const word of path) at = at[word] ??= {};
    return at;
  }
  const places = [...set.values()].map(reach);
  for (const place of places) if (Object.keys(place).length > 0) place["."] = {};
  return root;
}

export function fromFieldsV1(fields: FieldsV1): FieldSet {
  const found = new Map<string, FieldPath>();
  function walk(at: FieldsV1, path: FieldPath): void {
    const entries = Object.entries(at).filter(([word]) => word !== ".");
    if (path.length > 0 && (entries.length === 0 || "." in at)) found.set(path.join("\0"), path);
    for (const [word, inner] of entries) walk(inner, [...path, word]);
  }
  walk(fields, []);
  return found;
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let at = root;
  for (const word of path) {
    if (word.startsWith("k:")) at = listOf(at)[indexOf(at, word)];
    else at = isTree(at) ? at[word.slice(2)] : undefined;
  }
  return at;
}

export function setValue(root: Tree, path: FieldPath, value: unknown): void {
  let at: Tree = root;
  path.forEach((word, index) => {
    if (word.startsWith("k:")) return;
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

/** Removes what is at a place, and the maps and lists this leaves empty; of those that are owned, a null stays. */
export function deleteValue(
  root: Tree,
  path: FieldPath,
  isOwned: (path: FieldPath) => boolean,
): void {
  const last = path.at(-1) ?? "";
  const parentPath = path.slice(0, -1);
  const parent = valueAt(root, parentPath);
  if (Array.isArray(parent)) {
    const position = indexOf(parent, last);
    if (position !== -1) parent.splice(position, 1);
  } else if (isTree(parent)) delete parent[last.slice(2)];
  else return;
  const isElement = (parentPath.at(-1) ?? "").startsWith("k:");
  if (parentPath.length === 0 || isElement || Object.keys(parent).length > 0) return;
  if (isTree(parent) && isOwned(parentPath)) setValue(root, parentPath, null);
  else deleteValue(root, parentPath, isOwned);
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
  const { manager, apiVersion, time, subresource, listKeys } = writer;
  const old = before === undefined ? NOTHING : membersOf(before, { listKeys, operation: "Update" });
  const members = membersOf(after, { listKeys, operation: "Update" });
  const now = allOf(members);
  const changed = new Map([
    ...[...members.containers].filter(([key]) => !allOf(old).has(key)),
    ...[...members.leaves].filter(
      ([key, path]) =>
        !old.leaves.has(key) || !isSameJson(valueAt(before, path), valueAt(after, path)),
    ),
  ]);
  let mine: FieldSet = changed;
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

const NOTHING: Members = { leaves: new Map(), containers: new Map() };
