import type { KubernetesObject, ObjectKind } from "#src/domain/kubernetes-object.ts";

/** All objects of a kind as they were at one version of the cluster, to watch from. */
export interface Listed {
  /** Sorted by namespace and name. */
  readonly objects: readonly KubernetesObject[];
  readonly resourceVersion: string;
}

export interface WatchFrom {
  readonly namespace?: string;
  /** What has happened since then is told, in order. */
  readonly resourceVersion: string;
  /** Ends the watch, in the request itself. */
  readonly signal: AbortSignal;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export type WatchEvent =
  | { readonly type: "added" | "modified" | "deleted"; readonly object: KubernetesObject }
  /** Everything up to this version has been told. */
  | { readonly type: "bookmark"; readonly resourceVersion: string }
  /** The version is too old, or not known here, to go on from: list again. Always the last event. */
  | { readonly type: "expired" };

/** What a process knows of some kinds of one cluster, kept up by watches. */
export interface ObjectCache {
  /** Undefined for a kind that is not watched. */
  of(kind: ObjectKind): WatchedKind | undefined;
  /** Called after each change of a kind's objects, also after a list that differs; the returned function stops it. */
  onChange(listener: (kind: ObjectKind) => void): () => void;
  close(): Promise<void>;
}

export interface WatchedKind {
  /** The one namespace that is watched; undefined for all of them. */
  readonly namespace: string | undefined;
  /** Sorted by namespace and name: what was last heard, also where that is not whole or no longer kept up. */
  snapshot(): readonly KubernetesObject[];
  /**
   * Whether the snapshot was whole at `asOf`: false before the first list, and from the moment on at which changes
   * were missed (or the kind is not served) until the next list.
   */
  synced(): boolean;
  /** What was last heard at `namespace/name`. */
  at(place: string): KubernetesObject | undefined;
  /** Everything up to this version was heard; undefined while not synced. */
  version(): string | undefined;
  /** The moment of the API server's last word, by `Timers.now()`; a quiet watch is confirmed about once a minute. */
  asOf(): number | undefined;
}
