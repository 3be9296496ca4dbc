/** Runs something later; the returned function calls it off. Tests inject one that runs at once or by hand. */
export interface Scheduler {
  after(delayMs: number, run: () => void): () => void;
}

/** Real timers, none of which keeps the process alive. */
export function realScheduler(): Scheduler {
  return {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  };
}

/** Work that is asked for many times and done once per delay. */
export function coalesced(
  scheduler: Scheduler,
  delayMs: number,
  run: () => void,
): { ask(): void; stop(): void } {
  let cancel: (() => void) | undefined;
  return {
    ask() {
      cancel ??= scheduler.after(delayMs, () => {
        cancel = undefined;
        run();
      });
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
