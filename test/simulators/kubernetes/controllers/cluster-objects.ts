import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";

/** Names one stored object; no namespace for cluster-scoped kinds. */
export interface StoredRef {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface StoredChange {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: StoredObject;
}

/** As stored: with the metadata that controllers, not clients, write. */
export interface StoredObject extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & {
    readonly finalizers?: readonly string[];
    readonly generation?: number;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
}

/** What the controllers and the kubelet need of the API server's store. */
export interface ClusterObjects {
  get(ref: StoredRef): StoredObject | undefined;
  list(kind: string, namespace?: string): readonly StoredObject[];
  /** Creates or replaces. */
  put(object: StoredObject): void;
  /** Replaces `status`; an object that is gone is left gone. */
  putStatus(ref: StoredRef, status: Readonly<Record<string, unknown>>): void;
  delete(ref: StoredRef): void;
  removeFinalizer(ref: StoredRef, finalizer: string): void;
  event(about: StoredRef, event: ReportedEvent): void;
  /** Calls back after each change; the returned function stops it. */
  onChange(listener: (change: StoredChange) => void): () => void;
  all(): readonly StoredObject[];
}

export interface ReportedEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}
