import { backOffMs } from "#src/domain/time/back-off.ts";
import type { ObjectKind } from "#src/domain/kubernetes-object.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { Timers } from "#src/ports/timers.ts";
import type { WatchedKind } from "#src/ports/cluster/watch.ts";
import { ReflectedObjects } from "./reflected-objects.ts";

export interface ReflectorSettings {
  readonly kind: ObjectKind;
  readonly namespace?: string;
  /** Asked anew for each list and watch, so that a renewed connection is taken up. */
  readonly connect: () => Promise<Mesh>;
  readonly timers: Timers;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  readonly onChange: () => void;
  /** Told of each failure; it is tried again by itself. */
  readonly onError: (error: unknown) => void;
}

export interface Reflector extends WatchedKind {
  close(): Promise<void>;
}

const LONGEST_DELAY_MS = 30_000;
/** A watch that lived this long was a good one, even if nothing happened. */
const GOOD_WATCH_MS = 10_000;
/** Bookmarks come about once a minute: after this silence the connection is taken for dead. */
const SILENCE_MS = 180_000;

/** Keeps a kind's objects: list, watch, and list again where changes were missed. */
export function startReflector(settings: ReflectorSettings): Reflector {
  const { timers } = settings;
  const stop = new AbortController();
  const objects = new ReflectedObjects(() => timers.now(), settings.namespace);
  const running = keepUp(settings, objects, stop.signal);
  return {
    namespace: settings.namespace,
    snapshot: () => objects.snapshot(),
    at: (place) => objects.at(place),
    version: () => objects.version(),
    synced: () => objects.synced(),
    asOf: () => objects.asOf(),
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function keepUp(
  settings: ReflectorSettings,
  objects: ReflectedObjects,
  signal: AbortSignal,
): Promise<void> {
  const { timers, onError } = settings;
  let failures = 0;
  while (!signal.aborted) {
    const since = timers.now();
    let problem: unknown;
    try {
      await follow(settings, objects, signal);
    } catch (error) {
      if (signal.aborted) return;
      problem = error;
      onError(error);
      // Deleting a CRD deletes its objects first; that must not look like a kind without objects.
      if (error instanceof FatalError) objects.lose();
    }
    failures = timers.now() - since >= GOOD_WATCH_MS ? 0 : failures + 1;
    if (failures === 0 && problem === undefined) continue;
    const askedMs = problem instanceof RetryableError ? problem.retryAfterMs : undefined;
    const random = settings.random();
    await timers.sleep(
      backOffMs(Math.max(failures, 1), { askedMs, longestMs: LONGEST_DELAY_MS, random }),
      signal,
    );
  }
}

/** One watch, from where the last one was or from a new list; returns when the API server ended it. */
async function follow(
  settings: ReflectorSettings,
  objects: ReflectedObjects,
  signal: AbortSignal,
): Promise<void> {
  const { kind, namespace, onChange } = settings;
  const mesh = (await settings.connect()).until(signal);
  await watch(settings, mesh, { objects, signal });
  // Still known = the watch ended well. An old version that is forgotten by now is no failure: it is listed at once.
  if (objects.version() !== undefined) return;
  const listed = await mesh.listVersioned(kind, namespace === undefined ? {} : { namespace });
  if (objects.replace(listed)) onChange();
  await watch(settings, mesh, { objects, signal });
}

async function watch(
  { kind, namespace, timers, onChange }: ReflectorSettings,
  mesh: Mesh,
  { objects, signal }: { readonly objects: ReflectedObjects; readonly signal: AbortSignal },
): Promise<void> {
  const resourceVersion = objects.version();
  if (resourceVersion === undefined) return;
  const silence = new Silence(timers, signal);
  const from = {
    ...(namespace === undefined ? {} : { namespace }),
    resourceVersion,
    signal: silence.signal,
  };
  try {
    for await (const event of mesh.watch(kind, from)) {
      silence.broken();
      if (event.type === "expired") return objects.lose();
      if (objects.take(event)) onChange();
    }
  } finally {
    silence.end();
  }
  return undefined;
}

/** Aborts when nothing was heard for too long, or when told to from outside. */
class Silence {
  readonly signal: AbortSignal;
  readonly #dead = new AbortController();
  readonly #timers: Timers;
  #stop: () => void;

  constructor(timers: Timers, signal: AbortSignal) {
    this.#timers = timers;
    this.signal = AbortSignal.any([signal, this.#dead.signal]);
    this.#stop = this.#wait();
  }

  broken(): void {
    this.#stop();
    this.#stop = this.#wait();
  }

  end(): void {
    this.#stop();
  }

  #wait(): () => void {
    return this.#timers.after(SILENCE_MS, () => this.#dead.abort());
  }
}
