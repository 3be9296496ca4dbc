import { randomUUID } from "node:crypto";
import type {
  ClusterObjects,
  ReportedEvent,
  StoredChange,
  StoredObject,
  StoredRef,
} from "#test/simulators/kubernetes/controllers/cluster-objects.ts";

/** A store with just the deletion, status and watch rules that controllers rely on. */
export interface ObjectsInMemory extends ClusterObjects {
  readonly events: readonly (ReportedEvent & { readonly about: StoredRef })[];
}

export function createObjectsInMemory(): ObjectsInMemory {
  const stored = new Map<string, StoredObject>();
  const listeners = new Set<(change: StoredChange) => void>();
  const events: (ReportedEvent & { readonly about: StoredRef })[] = [];

  function store(object: StoredObject): void {
    const key = keyOf(refOf(object));
    const found = stored.get(key);
    const uid = found?.metadata.uid ?? object.metadata.uid ?? randomUUID();
    const creationTimestamp = found?.metadata.creationTimestamp ?? new Date(0).toISOString();
    const next = { ...object, metadata: { ...object.metadata, uid, creationTimestamp } };
    stored.set(key, next);
    for (const listener of listeners)
      listener({ type: found === undefined ? "ADDED" : "MODIFIED", object: next });
  }

  function remove(object: StoredObject): void {
    stored.delete(keyOf(refOf(object)));
    for (const listener of listeners) listener({ type: "DELETED", object });
  }

  return {
    events,
    get: (ref) => stored.get(keyOf(ref)),
    list: (kind, namespace) =>
      [...stored.values()].filter(
        (object) =>
          object.kind === kind &&
          (namespace === undefined || object.metadata.namespace === namespace),
      ),
    put: store,
    putStatus(ref, status) {
      const found = stored.get(keyOf(ref));
      if (found !== undefined) store({ ...found, status });
    },
    delete(ref) {
      const found = stored.get(keyOf(ref));
      if (found === undefined) return;
      if ((found.metadata.finalizers ?? []).length === 0) remove(found);
      else
        store({
          ...found,
          metadata: { ...found.metadata, deletionTimestamp: new Date(0).toISOString() },
        });
    },
    removeFinalizer(ref, finalizer) {
      const found = stored.get(keyOf(ref));
      if (found === undefined) return;
      const finalizers = (found.metadata.finalizers ?? []).filter((one) => one !== finalizer);
      const next = { ...found, metadata: { ...found.metadata, finalizers } };
      if (finalizers.length === 0 && found.metadata.deletionTimestamp !== undefined) remove(next);
      else store(next);
    },
    event: (about, event) => void events.push({ ...event, about }),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    all: () => [...stored.values()],
  };
}

function keyOf({ kind, namespace, name }: StoredRef): string {
  return `${kind} ${namespace ?? ""}/${name}`;
}

function refOf({ kind, metadata }: StoredObject): StoredRef {
  return { ...metadata, kind };
}
