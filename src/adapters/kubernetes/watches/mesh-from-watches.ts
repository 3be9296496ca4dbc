import type { KubernetesObject, ObjectKind, ObjectRef } from "#src/domain/kubernetes-object.ts";
import { selects } from "#src/domain/kubernetes/label-selector.ts";
import type { ListFilter, Mesh } from "#src/ports/cluster/mesh.ts";
import type { ObjectCache, WatchedKind } from "#src/ports/cluster/watch.ts";
import { placeOf } from "../mesh-lists.ts";

/** A watch that is quiet hears from the API server about once a minute: one that heard nothing longer is not read from. */
const FRESH_MS = 150_000;

export interface FromWatches {
  /**
   * The same API server, whose lists of watched kinds come from what the watches have heard: never older than what was
   * written through any mesh of these, and asked for anew while a watch is not whole, silent, or behind such a write.
   */
  readonly over: (mesh: Mesh) => Mesh;
}

/** `now`: by `Timers.now()`. */
export function listsFromWatches(cache: ObjectCache, now: () => number): FromWatches {
  const writes = new OwnWrites();
  async function wrote(write: Promise<KubernetesObject>): Promise<KubernetesObject> {
    const object = await write;
    writes.wrote(object);
    return object;
  }
  function over(mesh: Mesh): Mesh {
    return {
      ...mesh,
      until: (signal, beforeSending) => over(mesh.until(signal, beforeSending)),
      async list(kind, where = {}) {
        const watched = cache.of(kind);
        const isCurrent =
          watched !== undefined &&
          covers(watched, where) &&
          watched.synced() &&
          now() - (watched.asOf() ?? -Infinity) <= FRESH_MS &&
          writes.areSeen(kind, watched);
        return isCurrent ? chosen(watched.snapshot(), where) : mesh.list(kind, where);
      },
      apply: (object, options = {}) =>
        options.dryRun === true ? mesh.apply(object, options) : wrote(mesh.apply(object, options)),
      restore: (object, observed, options = {}) =>
        options.dryRun === true
          ? mesh.restore(object, observed, options)
          : wrote(mesh.restore(object, observed, options)),
      patch: (ref, mergePatch, precondition, options) =>
        wrote(mesh.patch(ref, mergePatch, precondition, options)),
      replace: (object) => wrote(mesh.replace(object)),
      create: (object, options = {}) =>
        options.dryRun === true
          ? mesh.create(object, options)
          : wrote(mesh.create(object, options)),
      async delete(ref, precondition) {
        // Before it is sent, too: whatever becomes of it, it may have been carried out.
        writes.deleted(ref, precondition?.uid);
        await mesh.delete(ref, precondition);
      },
    };
  }
  return { over };
}

function covers({ namespace }: WatchedKind, where: ListFilter): boolean {
  return namespace === undefined || namespace === where.namespace;
}

function chosen(
  objects: readonly KubernetesObject[],
  { namespace, labels = {} }: ListFilter,
): readonly KubernetesObject[] {
  const selector = { matchLabels: labels, matchExpressions: [] };
  return objects.filter(
    ({ metadata }) =>
      (namespace === undefined || metadata.namespace === namespace) &&
      selects(selector, metadata.labels ?? {}),
  );
}

/** What was written and the watches may not have heard yet. */
class OwnWrites {
  /** The newest version written, by kind. */
  readonly #versions = new Map<string, string>();
  /** UIDs of what was deleted, by kind and place; "" where it was not said. */
  readonly #deleted = new Map<ObjectKind, Map<string, string>>();

  wrote({ kind, metadata }: KubernetesObject): void {
    const known = this.#versions.get(kind);
    const version = metadata.resourceVersion ?? "";
    if (known === undefined || !isAsNew(known, version)) this.#versions.set(kind, version);
  }

  deleted({ kind, ...metadata }: ObjectRef, uid = ""): void {
    const places = this.#deleted.get(kind) ?? new Map<string, string>();
    this.#deleted.set(kind, places.set(placeOf({ metadata }), uid));
  }

  areSeen(kind: ObjectKind, watched: WatchedKind): boolean {
    const version = this.#versions.get(kind);
    if (version !== undefined) {
      if (!isAsNew(watched.version() ?? "", version)) return false;
      this.#versions.delete(kind);
    }
    const places = this.#deleted.get(kind);
    for (const [place, uid] of places ?? []) {
      const object = watched.at(place);
      const isThere = object !== undefined && (uid === "" || object.metadata.uid === uid);
      if (isThere && object.metadata.deletionTimestamp === undefined) return false;
      places?.delete(place);
    }
    return true;
  }
}

/**
 * Whether a watch at `heard` has heard of `version`. Numbers, of which a later one is greater, since Kubernetes 1.35 by
 * promise and before in fact; anything else is only as new as itself.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
function isAsNew(heard: string, version: string): boolean {
  if (heard === version) return true;
  return NUMBER.test(heard) && NUMBER.test(version) && BigInt(heard) >= BigInt(version);
}

const NUMBER = /^\d+$/;
