import type { Scheduler } from "#test/simulators/kubernetes/controllers/scheduler.ts";

export interface HandScheduler extends Scheduler {
  /** Runs what is due now and what that asks for, until nothing is left. */
  settle(): void;
}

/** Nothing happens until a test says so. */
export function createHandScheduler(): HandScheduler {
  const due = new Set<() => void>();
  return {
    after(_delayMs, run) {
      due.add(run);
      return () => void due.delete(run);
    },
    settle() {
      for (let rounds = 0; due.size > 0; rounds += 1) {
        if (rounds > 100) throw new Error("the controllers never settle");
        const now = [...due];
        due.clear();
        for (const run of now) run();
      }
    },
  };
}
