import type { ClusterObjects } from "./controllers/cluster-objects.ts";
import { recordEvent } from "./event-recorder.ts";
import type { ObjectStore } from "./object-store.ts";

/** The store as the controllers and the kubelet see it. */
export function toClusterObjects(store: ObjectStore): ClusterObjects {
  return {
    get: ({ kind, namespace, name }) => store.get(kind, namespace, name),
    list: (kind, namespace) => store.list(kind, namespace),
    put: (object) => void store.put(object),
    putStatus: ({ kind, namespace, name }, status) =>
      void store.patchStatus(kind, namespace, name, status),
    delete: ({ kind, namespace, name }) => void store.delete(kind, namespace, name),
    removeFinalizer: ({ kind, namespace, name }, finalizer) =>
      void store.removeFinalizer(kind, namespace, name, finalizer),
    event({ kind, namespace, name }, content) {
      const about = store.get(kind, namespace, name);
      if (about !== undefined) recordEvent(store, about, content);
    },
    onChange: (listener) => store.on((event) => listener(event)),
    all: () => store.snapshot(),
  };
}
