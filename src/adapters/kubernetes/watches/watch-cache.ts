import type { ObjectKind } from "#src/domain/kubernetes-object.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { Timers } from "#src/ports/timers.ts";
import type { ObjectCache } from "#src/ports/cluster/watch.ts";
import { type Reflector, startReflector } from "./reflector.ts";

export interface WatchCacheSettings {
  readonly cluster: string;
  readonly kinds: readonly { readonly kind: ObjectKind; readonly namespace?: string }[];
  readonly connect: () => Promise<Mesh>;
  readonly timers: Timers;
  readonly random: () => number;
  readonly log: ChangeLog;
}

/** Watches some kinds of one cluster: made once in a process, and shared by all its lanes. */
export function startWatchCache(settings: WatchCacheSettings): ObjectCache {
  const { cluster, connect, timers, random, log } = settings;
  const listeners = new Set<(kind: ObjectKind) => void>();
  const reflectors = new Map<ObjectKind, Reflector>();
  for (const watched of settings.kinds) {
    const { kind } = watched;
    const reflector = startReflector({
      ...watched,
      connect,
      timers,
      random,
      onChange() {
        for (const listener of listeners) listener(kind);
      },
      onError: (error) => log.warn({ cluster, kind, err: error }, "watch will be tried again"),
    });
    reflectors.set(kind, reflector);
  }
  return {
    of: (kind) => reflectors.get(kind),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      await Promise.all([...reflectors.values()].map((reflector) => reflector.close()));
    },
  };
}
