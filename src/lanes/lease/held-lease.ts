import type { Lease } from "#src/ports/cluster/lease.ts";
import type { Timers } from "#src/ports/timers.ts";

/** A Lease while it is ours, and afterwards: over for good. */
export class HeldLease implements Lease {
  readonly #timers: Timers;
  readonly #over = new AbortController();
  #until: number;
  #forget: () => void;

  /** `until` by `timers.now()`. */
  constructor(timers: Timers, until: number) {
    this.#timers = timers;
    this.#until = until;
    this.#forget = this.#endThen();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  remainingMs(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.#until - this.#timers.now());
  }

  extend(until: number): void {
    this.#until = Math.max(until, this.#until);
    this.#forget();
    this.#forget = this.#endThen();
  }

  end(): void {
    this.#forget();
    this.#over.abort();
  }

  #endThen(): () => void {
    return this.#timers.after(this.#until - this.#timers.now(), () => this.end());
  }
}
