import { ApiFailure, type Cause } from "./api-failure.ts";
import type { ListKeys } from "./custom-resources/schema.ts";
import { isSameJson, type Tree } from "./json-tree.ts";
import { deleteValue, fromFieldsV1, setValue, toFieldsV1, valueAt } from "./managed-fields.ts";
import type { KubernetesObject, ManagedFieldsEntry } from "./stored-object.ts";
import { allOf, type FieldPath, type FieldSet, membersOf } from "./typed/members.ts";

export interface Apply {
  readonly manager: string;
  readonly force: boolean;
  readonly time: string;
  readonly subresource: string | undefined;
  /** Of the object's kind. */
  readonly listKeys: ListKeys;
}

interface Contested {
  readonly entry: ManagedFieldsEntry;
  readonly key: string;
  readonly path: FieldPath;
}

/**
 * Merges an applied configuration into the live object: what the manager applied before and left out now goes, unless
 * somebody else owns it too; what others own with another value is a conflict, or with force taken over. A map that this
 * empties goes as well, but for one that somebody owns itself, or that is applied empty: that becomes null.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function applyConfiguration(
  live: KubernetesObject | undefined,
  patch: KubernetesObject,
  apply: Apply,
): KubernetesObject {
  const entries = live?.metadata.managedFields ?? [];
  const mine = entries.find(
    ({ manager, operation, subresource }) =>
      manager === apply.manager && operation === "Apply" && subresource === apply.subresource,
  );
  const others = entries.filter((entry) => entry !== mine);
  const { leaves, containers } = membersOf(patch, { ...apply, operation: "Apply" });
  const wanted = allOf({ leaves, containers });
  const contested = live === undefined ? [] : findContested(others, leaves, { live, patch });
  if (contested.length > 0 && !apply.force) throw conflictOf(contested);

  const merged = structuredClone(
    live ?? {
      apiVersion: patch.apiVersion,
      kind: patch.kind,
      metadata: withoutManaged(patch),
    },
  ) as unknown as Tree;
  dropLeftOut(merged, mine, { wanted, others });
  for (const path of leaves.values()) setValue(merged, path, valueAt(patch, path));
  for (const path of containers.values())
    if (valueAt(merged, path) === undefined) setValue(merged, path, {});
  const lost = new Set(contested.map(({ entry, key }) => `${others.indexOf(entry)} ${key}`));
  const kept = others.flatMap((entry, index) => withoutLost(entry, index, lost));
  const entry = entryOf(wanted, mine, { apply, apiVersion: patch.apiVersion });
  const object = merged as unknown as KubernetesObject;
  const managedFields = wanted.size === 0 ? kept : [...kept, entry];
  return {
    ...object,
    metadata: { ...object.metadata, managedFields: inOrder(managedFields, entries) },
  };
}

/** The same set keeps its entry with its time: applying the same twice changes nothing. */
function entryOf(
  wanted: FieldSet,
  mine: ManagedFieldsEntry | undefined,
  { apply, apiVersion }: { readonly apply: Apply; readonly apiVersion: string },
): ManagedFieldsEntry {
  const fieldsV1 = toFieldsV1(wanted);
  if (mine !== undefined && isSameJson(mine.fieldsV1, fieldsV1)) return mine;
  const { manager, time, subresource } = apply;
  return {
    manager,
    operation: "Apply",
    apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function findContested(
  others: readonly ManagedFieldsEntry[],
  wanted: FieldSet,
  { live, patch }: { readonly live: KubernetesObject; readonly patch: KubernetesObject },
): readonly Contested[] {
  return others.flatMap((entry) => {
    const owned = fromFieldsV1(entry.fieldsV1);
    return [...wanted]
      .filter(
        ([key, path]) =>
          overlaps(owned, key) && !isSameJson(valueAt(live, path), valueAt(patch, path)),
      )
      .map(([key, path]) => ({ entry, key, path }));
  });
}

/** Equal, or one inside the other: a list owned whole against a field that became an object. */
function overlaps(owned: FieldSet, key: string): boolean {
  return owned.has(key) || [...owned.keys()].some((each) => each.startsWith(`${key}\0`));
}

/** As the API server prints it: only who updates, rather than applies, is printed with a version. */
function managerText({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const via = subresource === undefined ? "" : ` with subresource "${subresource}"`;
  return `"${manager}"${via}${operation === "Update" ? ` using ${apiVersion}` : ""}`;
}

function conflictOf(contested: readonly Contested[]): ApiFailure {
  const causes: Cause[] = contested.map(({ entry, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(entry)}`,
    field: fieldText(path),
  }));
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${groupedText(causes)}`;
  return new ApiFailure(409, "Conflict", message, { details: { causes } });
}

function groupedText(causes: readonly Cause[]): string {
  const byManager = Map.groupBy(causes, ({ message }) => message);
  return [...byManager]
    .map(([message, of]) => {
      const fields = of.map(({ field }) => `- ${field}`);
      return [`${message.replace("conflict with", "conflicts with")}:`, ...fields].join("\n");
    })
    .join("\n");
}

function fieldText(path: FieldPath): string {
  return path
    .map((word) => {
      if (!word.startsWith("k:")) return `.${word.slice(2)}`;
      const pairs = Object.entries(JSON.parse(word.slice(2)) as Tree);
      return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}]`;
    })
    .join("");
}

function dropLeftOut(
  merged: Tree,
  mine: ManagedFieldsEntry | undefined,
  { wanted, others }: { readonly wanted: FieldSet; readonly others: readonly ManagedFieldsEntry[] },
): void {
  const elsewhere = others.map(({ fieldsV1 }) => fromFieldsV1(fieldsV1));
  const owned = [wanted, ...elsewhere];
  function isOwned(path: FieldPath): boolean {
    return owned.some((set) => set.has(path.join("\0")));
  }
  for (const [key, path] of mine === undefined ? [] : fromFieldsV1(mine.fieldsV1)) {
    if (owned.some((set) => overlaps(set, key))) continue;
    deleteValue(merged, path, isOwned);
  }
}

function withoutLost(
  entry: ManagedFieldsEntry,
  index: number,
  lost: ReadonlySet<string>,
): readonly ManagedFieldsEntry[] {
  const owned = fromFieldsV1(entry.fieldsV1);
  const left = new Map([...owned].filter(([key]) => !lost.has(`${index} ${key}`)));
  if (left.size === owned.size) return [entry];
  return left.size === 0 ? [] : [{ ...entry, fieldsV1: toFieldsV1(left) }];
}

function withoutManaged({ metadata }: KubernetesObject): Tree {
  const { name, namespace } = metadata;
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

/** Entries keep the place they had, so that an equal apply gives an equal object. */
function inOrder(
  entries: readonly ManagedFieldsEntry[],
  before: readonly ManagedFieldsEntry[],
): readonly ManagedFieldsEntry[] {
  function place(entry: ManagedFieldsEntry): number {
    const found = before.findIndex(
      ({ manager, operation, subresource }) =>
        manager === entry.manager &&
        operation === entry.operation &&
        subresource === entry.subresource,
    );
    return found === -1 ? before.length : found;
  }
  return entries.toSorted((one, other) => place(one) - place(other));
}
