import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import type { Listed, WatchedKind, WatchEvent } from "#src/ports/cluster/watch.ts";
import { byPlace, placeOf } from "../mesh-lists.ts";

/** The objects of one kind as lists and events tell them; asks for nothing itself. */
export class ReflectedObjects implements WatchedKind {
  readonly namespace: string | undefined;
  readonly #now: () => number;
  readonly #objects = new Map<string, KubernetesObject>();
  #sorted: readonly KubernetesObject[] | undefined;
  #version: string | undefined;
  #asOf: number | undefined;

  constructor(now: () => number, namespace?: string) {
    this.#now = now;
    this.namespace = namespace;
  }

  snapshot(): readonly KubernetesObject[] {
    this.#sorted ??= [...this.#objects.values()].toSorted(byPlace);
    return this.#sorted;
  }

  synced(): boolean {
    return this.#version !== undefined;
  }

  asOf(): number | undefined {
    return this.#asOf;
  }

  at(place: string): KubernetesObject | undefined {
    return this.#objects.get(place);
  }

  /** Where a watch goes on from; undefined where a list is needed first. */
  version(): string | undefined {
    return this.#version;
  }

  /** Changes may have been missed from here on: the objects stay, but no watch goes on from them. */
  lose(): void {
    this.#version = undefined;
  }

  /** Takes a list for the truth; whether anything differs from before. */
  replace({ objects, resourceVersion }: Listed): boolean {
    const differs =
      objects.length !== this.#objects.size ||
      objects.some((object) => !isSame(object, this.#objects.get(placeOf(object))));
    this.#objects.clear();
    for (const object of objects) this.#objects.set(placeOf(object), object);
    this.#heard(resourceVersion);
    return differs;
  }

  /** Takes in what a watch told; whether an object changed. */
  take(event: Exclude<WatchEvent, { readonly type: "expired" }>): boolean {
    if (event.type === "bookmark") {
      this.#heard(event.resourceVersion);
      return false;
    }
    const { type, object } = event;
    if (type === "deleted") this.#objects.delete(placeOf(object));
    else this.#objects.set(placeOf(object), object);
    this.#heard(object.metadata.resourceVersion);
    return true;
  }

  #heard(version: string | undefined): void {
    this.#sorted = undefined;
    this.#version = version;
    this.#asOf = this.#now();
  }
}

function isSame(one: KubernetesObject, other: KubernetesObject | undefined): boolean {
  return (
    one.metadata.uid === other?.metadata.uid &&
    one.metadata.resourceVersion === other?.metadata.resourceVersion
  );
}
