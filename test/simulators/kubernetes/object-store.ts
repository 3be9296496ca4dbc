import type { KubernetesObject as DomainObject } from "#src/domain/kubernetes-object.ts";
import { isSameJson } from "./json-tree.ts";
import { complete, deleting, isGone, type KubernetesObject } from "./stored-object.ts";

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubernetesObject;
}

/**
 * What etcd and the API server's registry hold: every object of one cluster, its revisions and its changes.
 * Nothing is validated here: controllers and tests may plant what an API server would refuse.
 * What goes in and comes out is copied; changing it changes nothing here.
 */
export class ObjectStore {
  readonly #objects = new Map<string, KubernetesObject>();
  /** Objects of a kind in their order, until one of them changes: a large cluster is listed in many pages. */
  readonly #ordered = new Map<string, readonly KubernetesObject[]>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #waiting: StoreEvent[] = [];
  readonly #clock: () => Date;
  #history: StoreEvent[] = [];
  #revision = 1000;
  #oldestRevision = 0;
  #dispatching = false;

  constructor(clock: () => Date = () => new Date()) {
    this.#clock = clock;
  }

  get(kind: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return structuredClone(this.#objects.get(keyOf(kind, namespace, name)));
  }

  /** Sorted by namespace and name. */
  list(kind: string, namespace?: string): KubernetesObject[] {
    return structuredClone([...this.look(kind, namespace)]);
  }

  /** As `list`, but the stored objects themselves: to be read only. */
  look(kind: string, namespace?: string): readonly KubernetesObject[] {
    const all = this.#ordered.get(kind) ?? this.#inOrder(kind);
    return namespace === undefined
      ? all
      : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  #inOrder(kind: string): readonly KubernetesObject[] {
    const found = [...this.#objects].filter(([, object]) => object.kind === kind);
    const ordered = found
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, object]) => object);
    this.#ordered.set(kind, ordered);
    return ordered;
  }

  /** `snapshot`, under the name controllers know it by. */
  all(): KubernetesObject[] {
    return this.snapshot();
  }

  /** Every object, sorted by kind, namespace and name. */
  snapshot(): KubernetesObject[] {
    return this.#sorted().map((object) => structuredClone(object));
  }

  #sorted(): readonly KubernetesObject[] {
    const keys = [...this.#objects.keys()].toSorted();
    return keys.flatMap((key) => this.#objects.get(key) ?? []);
  }

  /**
   * Creates or replaces. Sets uid and creationTimestamp once, resourceVersion always, generation when anything but
   * metadata and status changed. A change to nothing is no change; an object being deleted goes with its last finalizer.
   */
  put(planted: KubernetesObject | DomainObject): KubernetesObject {
    // Through JSON, as on the wire: no undefined fields, no shared parts.
    const object = JSON.parse(JSON.stringify(planted)) as KubernetesObject;
    const key = keyOf(object.kind, object.metadata.namespace, object.metadata.name);
    const before = this.#objects.get(key);
    const after = complete(object, before, this.now());
    if (before !== undefined && isSameJson(before, after)) return structuredClone(before);
    if (isGone(after)) {
      this.#remove(key, after);
      return structuredClone(after);
    }
    return this.#store(key, before === undefined ? "ADDED" : "MODIFIED", after);
  }

  /** Replaces `status`; undefined, and nothing done, where the object is gone. */
  patchStatus(
    kind: string,
    namespace: string | undefined,
    name: string,
    status: Readonly<Record<string, unknown>>,
  ): KubernetesObject | undefined {
    const found = this.get(kind, namespace, name);
    return found === undefined ? undefined : this.put({ ...found, status });
  }

  /**
   * Removes it, or, while it has finalizers, sets `deletionTimestamp`. A namespace takes its content along and stays
   * `Terminating` until all of it is gone; what an object owns goes with it. Absent is fine.
   */
  delete(kind: string, namespace: string | undefined, name: string): KubernetesObject | undefined {
    const key = keyOf(kind, namespace, name);
    const found = this.#objects.get(key);
    if (found === undefined) return undefined;
    if (kind === "Namespace") return this.#terminate(key, found);
    if ((found.metadata.finalizers ?? []).length === 0) return this.#remove(key, found);
    return this.put(deleting(found, this.now()));
  }

  removeFinalizer(
    kind: string,
    namespace: string | undefined,
    name: string,
    finalizer: string,
  ): KubernetesObject | undefined {
    const found = this.get(kind, namespace, name);
    if (found === undefined) return undefined;
    const finalizers = (found.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    return this.put({ ...found, metadata: { ...found.metadata, finalizers } });
  }

  /** Calls back after each change, in order; the returned function stops it. */
  on(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The latest revision: `metadata.resourceVersion` of a list made now. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes after a revision; undefined where they are forgotten (HTTP 410). */
  since(revision: number): StoreEvent[] | undefined {
    if (revision < this.#oldestRevision) return undefined;
    return this.#history.filter(({ object }) => Number(object.metadata.resourceVersion) > revision);
  }

  /** Forgets past changes, as etcd's compaction does: older watches and continue tokens are 410 from now on. */
  compact(): void {
    this.#history = [];
    this.#revision += 1;
    this.#oldestRevision = this.#revision;
  }

  get oldestRevision(): number {
    return this.#oldestRevision;
  }

  now(): string {
    return this.#clock()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }

  #terminate(key: string, found: KubernetesObject): KubernetesObject {
    const { name } = found.metadata;
    const terminating = deleting(found, this.now());
    this.put({ ...terminating, status: { ...found.status, phase: "Terminating" } });
    for (const { kind, metadata } of this.#sorted()) {
      if (metadata.namespace === name) this.delete(kind, name, metadata.name);
    }
    this.#finishNamespace(name);
    return structuredClone(this.#objects.get(key) ?? terminating);
  }

  #finishNamespace(name: string): void {
    const key = keyOf("Namespace", undefined, name);
    const namespace = this.#objects.get(key);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    if ((namespace.metadata.finalizers ?? []).length > 0) return;
    const rest = [...this.#objects.values()].some(({ metadata }) => metadata.namespace === name);
    if (!rest) this.#remove(key, namespace);
  }

  #remove(key: string, object: KubernetesObject): KubernetesObject {
    this.#objects.delete(key);
    this.#ordered.delete(object.kind);
    const gone = this.#emit("DELETED", object);
    for (const { kind, metadata } of this.#sorted()) {
      const owned = (metadata.ownerReferences ?? []).some(
        ({ uid }) => uid !== undefined && uid === object.metadata.uid,
      );
      if (owned) this.delete(kind, metadata.namespace, metadata.name);
    }
    if (object.metadata.namespace !== undefined) this.#finishNamespace(object.metadata.namespace);
    return gone;
  }

  #store(key: string, type: StoreEvent["type"], object: KubernetesObject): KubernetesObject {
    // The place is taken before anyone is told, and the revision belongs to the stored copy.
    this.#keep(key, object);
    return this.#emit(type, object, key);
  }

  #keep(key: string, object: KubernetesObject): void {
    this.#objects.set(key, object);
    this.#ordered.delete(object.kind);
  }

  #emit(type: StoreEvent["type"], object: KubernetesObject, key?: string): KubernetesObject {
    this.#revision += 1;
    const resourceVersion = String(this.#revision);
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion } };
    if (key !== undefined) this.#keep(key, stamped);
    const event = { type, object: stamped };
    this.#history.push(event);
    this.#waiting.push(event);
    this.#dispatch();
    return structuredClone(stamped);
  }

  /** A listener that writes does not overtake the event it reacts to. */
  #dispatch(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
        for (const listener of this.#listeners) listener(structuredClone(event));
      }
    } finally {
      this.#dispatching = false;
    }
  }
}

function keyOf(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ""}/${name}`;
}
