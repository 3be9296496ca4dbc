import type { Timers } from "#src/ports/timers.ts";

interface Waiting {
  readonly at: number;
  readonly call: () => void;
}

/** A monotonic clock that runs when told to; what is due is called in order, at its own time. */
export class FakeTimers implements Timers {
  #now = 1_000;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const waiting = { at: this.#now + ms, call };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.after(ms, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    stop();
  }

  /** When the next call is due, from now; undefined where nothing waits. */
  next(): number | undefined {
    const due = this.#first();
    return due === undefined ? undefined : due.at - this.#now;
  }

  /** Lets so many milliseconds pass. Calls made in between run at once; what they start by promises does not. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let due = this.#first(); due !== undefined && due.at <= until; due = this.#first()) {
      this.#waiting.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.call();
    }
    this.#now = until;
  }

  #first(): Waiting | undefined {
    return [...this.#waiting].toSorted((one, other) => one.at - other.at)[0];
  }
}
