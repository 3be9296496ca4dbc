import { backOffMs } from "#src/domain/time/back-off.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import {
  heldUntil,
  nextMove,
  nobody,
  type Observation,
  observe,
} from "#src/domain/lease/judge-lease.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Lease } from "#src/ports/cluster/lease.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { Timers } from "#src/ports/timers.ts";
import { HeldLease } from "./held-lease.ts";
import { heldBy, type LeaseName, newLease, recordOf } from "./lease-object.ts";

export interface LeaseSettings extends LeaseName {
  readonly connect: () => Promise<Mesh>;
  /** Of this process alone, and of no earlier one. */
  readonly identity: string;
  /** Whole seconds, in milliseconds: how long a process that died is waited for. */
  readonly durationMs: number;
  readonly timers: Timers;
  readonly clock: Clock;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  readonly onState: (state: LeaseState) => void;
  /** Told of each failure; it is tried again by itself. */
  readonly onError: (error: unknown) => void;
}

export type LeaseState =
  | { readonly state: "held"; readonly lease: Lease }
  | { readonly state: "not-held" }
  /** There is nowhere to hold a Lease. */
  | { readonly state: "no-namespace" }
  /** The namespace is being deleted: no Lease can be had in it any more. */
  | { readonly state: "terminating" };

export interface LeaseKeeper {
  state(): LeaseState;
  /** Stops renewing, waits for `idle` (no write under way any longer), and gives the Lease back if it is still ours. */
  close(idle: Promise<void>): Promise<void>;
}

const LONGEST_DELAY_MS = 30_000;

/** Gets one Lease and keeps it, for as long as the process lives. */
export function keepLease(settings: LeaseSettings): LeaseKeeper {
  return new Keeper(settings);
}

class Keeper implements LeaseKeeper {
  readonly #settings: LeaseSettings;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #state: LeaseState = { state: "not-held" };
  #lease: HeldLease | undefined;
  /** The Lease as we last wrote it. */
  #written: KubernetesObject | undefined;
  #seen: Observation | undefined;

  constructor(settings: LeaseSettings) {
    this.#settings = settings;
    this.#running = this.#keep();
  }

  state(): LeaseState {
    return this.#state;
  }

  async close(idle: Promise<void>): Promise<void> {
    this.#stop.abort();
    await this.#running;
    if (this.#lease !== undefined && this.#isHolding()) {
      const { signal } = this.#lease;
      const over = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => over.resolve(), { once: true });
      await Promise.race([idle, over.promise]);
      if (signal.aborted) return;
    }
    // From here on nothing is written under it: first over, then given back.
    this.#leave({ state: "not-held" });
    await this.#giveBack();
  }

  /** Read first: a renewal given up in the middle may have been carried out. */
  async #giveBack(): Promise<void> {
    const { connect, namespace, name, identity, durationMs, timers, clock } = this.#settings;
    const limit = new AbortController();
    const inTime = timers.after(this.#everyMs, () => limit.abort());
    try {
      const mesh = (await connect()).until(limit.signal);
      const found = await mesh.get({ kind: "Lease", namespace, name });
      if (found === undefined || recordOf(found).holder !== identity) return;
      await mesh.replace(heldBy(found, { identity: "", durationMs, now: clock.now() }));
    } catch (error) {
      // It runs out by itself.
      this.#settings.onError(error);
    } finally {
      inTime();
    }
  }

  get #everyMs(): number {
    return this.#settings.durationMs / 5;
  }

  async #keep(): Promise<void> {
    const { timers, random, onError } = this.#settings;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      let pauseMs = this.#everyMs;
      try {
        pauseMs = await this.#attempt();
        failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        onError(error);
        failures += 1;
        const backOff = backOffMs(failures, { longestMs: LONGEST_DELAY_MS, random: random() });
        if (!this.#isHolding()) pauseMs = Math.max(pauseMs, backOff);
      }
      await timers.sleep(pauseMs, this.#stop.signal);
    }
  }

  /** One try; milliseconds until the next. */
  async #attempt(): Promise<number> {
    const { connect, durationMs, timers } = this.#settings;
    const limit = new AbortController();
    const inTime = timers.after((durationMs * 2) / 5, () => limit.abort());
    try {
      const mesh = (await connect()).until(AbortSignal.any([this.#stop.signal, limit.signal]));
      return await this.#tried(mesh);
    } finally {
      inTime();
    }
  }

  /** The roles in a namespace go before it does: then it is the namespace that says why nothing is allowed there. */
  async #tried(mesh: Mesh): Promise<number> {
    try {
      if (await this.#renewed(mesh)) return this.#everyMs;
      return await this.#look(mesh);
    } catch (error) {
      if (codeOf(error) !== "Forbidden") throw error;
      const namespace = await mesh.get({ kind: "Namespace", name: this.#settings.namespace });
      if (namespace !== undefined && namespace.metadata.deletionTimestamp === undefined)
        throw error;
      this.#leave({ state: namespace === undefined ? "no-namespace" : "terminating" });
      return this.#everyMs;
    }
  }

  /** While it is ours nobody else writes it: no need to read it first. */
  async #renewed(mesh: Mesh): Promise<boolean> {
    if (!this.#isHolding() || this.#written === undefined) return false;
    try {
      await this.#claim(mesh, this.#written);
      return true;
    } catch (error) {
      // Another version is there, or it was not heard whether it was written.
      if (error instanceof RetryableError || codeOf(error) === "Gone") return false;
      throw error;
    }
  }

  async #look(mesh: Mesh): Promise<number> {
    const { namespace, name, identity, durationMs, timers } = this.#settings;
    const found = await mesh.get({ kind: "Lease", namespace, name });
    const now = timers.now();
    this.#seen = observe(this.#seen, found === undefined ? "absent" : recordOf(found), now);
    const holding = this.#isHolding();
    const next = nextMove(this.#seen, { identity, holding, durationMs, now });
    switch (next.move) {
      case "wait":
        this.#leave({ state: "not-held" });
        return Math.min(next.ms, this.#everyMs);
      case "announce":
        if (await this.#put(mesh, found, nobody(identity))) this.#leave({ state: "not-held" });
        break;
      case "create":
      case "take":
      case "renew":
        await this.#claim(mesh, found);
        break;
      default:
        return next satisfies never;
    }
    return this.#everyMs;
  }

  async #claim(mesh: Mesh, before: KubernetesObject | undefined): Promise<void> {
    const { identity, durationMs, timers } = this.#settings;
    const sentAt = timers.now();
    this.#written = await this.#put(mesh, before, identity);
    const until = heldUntil(sentAt, durationMs);
    if (this.#written === undefined || until <= timers.now()) return;
    if (this.#lease !== undefined && this.#isHolding()) this.#lease.extend(until);
    else this.#hold(new HeldLease(timers, until));
  }

  /** Undefined where there is no place for it, or somebody else was faster. */
  async #put(
    mesh: Mesh,
    before: KubernetesObject | undefined,
    identity: string,
  ): Promise<KubernetesObject | undefined> {
    const { durationMs, clock } = this.#settings;
    const wanted = { identity, durationMs, now: clock.now() };
    if (before !== undefined) return mesh.replace(heldBy(before, wanted));
    try {
      return await mesh.create(heldBy(newLease(this.#settings), wanted));
    } catch (error) {
      const code = codeOf(error);
      if (code === "NamespaceNotFound") this.#leave({ state: "no-namespace" });
      else if (code === "NamespaceTerminating") this.#leave({ state: "terminating" });
      else if (code !== "AlreadyExists") throw error;
      return undefined;
    }
  }

  #hold(lease: HeldLease): void {
    this.#lease = lease;
    lease.signal.addEventListener("abort", () => {
      if (this.#lease === lease) this.#become({ state: "not-held" });
    });
    this.#become({ state: "held", lease });
  }

  #isHolding(): boolean {
    return this.#lease !== undefined && this.#lease.remainingMs() > 0;
  }

  #leave(state: LeaseState): void {
    const lease = this.#lease;
    this.#lease = undefined;
    lease?.end();
    this.#become(state);
  }

  #become(state: LeaseState): void {
    if (state.state !== "held" && state.state === this.#state.state) return;
    this.#state = state;
    this.#settings.onState(state);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof FatalError ? error.code : undefined;
}
