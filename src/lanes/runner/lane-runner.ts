import { backOffMs } from "#src/domain/time/back-off.ts";
import {
  keepLease,
  type LeaseKeeper,
  type LeaseSettings,
  type LeaseState,
} from "../lease/keep-lease.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Lease } from "#src/ports/cluster/lease.ts";
import type { LaneResult } from "#src/requests/lane-ports.ts";

/** What a lane may rely on in one run. */
export interface LaneTurn {
  /** Aborted when the Lease is over or the process stops: end at the next safe point, by throwing. */
  readonly signal: AbortSignal;
  /** Undefined while our namespace is being deleted and no Lease can be had: then only close. */
  readonly lease: Lease | undefined;
}

export interface LaneRunnerSettings extends Omit<LeaseSettings, "onState" | "onError"> {
  readonly cluster: string;
  readonly lane: "gateways" | "mesh";
  readonly run: (turn: LaneTurn) => Promise<LaneResult>;
  /** The lane runs at least this often. */
  readonly sweepMs: number;
  /** So long after a change the lane runs, with whatever else has changed by then. */
  readonly debounceMs: number;
  readonly log: ChangeLog;
}

export interface LaneRunner {
  /**
   * A run that begins after this call; several calls may share one. Where another process holds the lane, or nobody can,
   * it answers what is waited for, at once. Never throws: a run that failed is logged, and tried again by itself.
   */
  runNow(): Promise<LaneResult>;
  /** Something the lane looks at has changed. */
  changed(): void;
  /** Asks a run to stop, waits for it, and gives the Lease back. */
  close(): Promise<void>;
}

const LONGEST_DELAY_MS = 60_000;

/**
 * Runs one lane of one cluster in the process that holds its Lease: when asked, when something changed, and from its own
 * timer. Never two runs at once.
 */
export function startLaneRunner(settings: LaneRunnerSettings): LaneRunner {
  return new Runner(settings);
}

class Runner implements LaneRunner {
  readonly #settings: LaneRunnerSettings;
  readonly #keeper: LeaseKeeper;
  readonly #stop = new AbortController();
  /** Aborted with the state it belongs to. */
  #phase = new AbortController();
  #running: Promise<void> | undefined;
  #isDue = false;
  #waiting: ((result: LaneResult) => void)[] = [];
  #failures = 0;
  #cancelTimer = nothing;
  #cancelDebounce: (() => void) | undefined;

  constructor(settings: LaneRunnerSettings) {
    const { cluster, lane, log } = settings;
    this.#settings = settings;
    this.#keeper = keepLease({
      ...settings,
      onState: (state) => this.#enter(state),
      onError: (err) => log.warn({ cluster, lane, err }, "lease will be tried again"),
    });
  }

  async runNow(): Promise<LaneResult> {
    if (!this.#mayRun()) return this.#cannotRun();
    const { promise, resolve } = Promise.withResolvers<LaneResult>();
    this.#waiting.push(resolve);
    this.#wake();
    return promise;
  }

  changed(): void {
    if (this.#stop.signal.aborted) return;
    const { timers, debounceMs } = this.#settings;
    this.#cancelDebounce ??= timers.after(debounceMs, () => {
      this.#cancelDebounce = undefined;
      // While it fails, only its own timer and who asks for it run it: it may be its own writes that are seen here.
      if (this.#failures === 0 || this.#running !== undefined) this.#wake();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer();
    this.#cancelDebounce?.();
    await this.#keeper.close(this.#running ?? Promise.resolve());
    this.#answer(this.#cannotRun());
  }

  #enter({ state }: LeaseState): void {
    const { cluster, lane, log } = this.#settings;
    log.info({ cluster, lane, lease: state }, "lease of the lane");
    this.#phase.abort();
    this.#phase = new AbortController();
    if (this.#mayRun()) {
      this.#failures = 0;
      this.#wake();
    } else {
      this.#cancelTimer();
      this.#answer(this.#cannotRun());
    }
  }

  #mayRun(): boolean {
    const { state } = this.#keeper.state();
    return !this.#stop.signal.aborted && (state === "held" || state === "terminating");
  }

  #cannotRun(): LaneResult {
    if (this.#keeper.state().state !== "no-namespace") return ELSEWHERE;
    const { namespace, sweepMs } = this.#settings;
    return { outcome: "waiting", for: `the namespace ${namespace}`, retryAfterMs: sweepMs };
  }

  #answer(result: LaneResult): void {
    for (const resolve of this.#waiting.splice(0)) resolve(result);
  }

  #wake(): void {
    if (!this.#mayRun()) return;
    this.#isDue = true;
    this.#running ??= this.#runs();
  }

  async #runs(): Promise<void> {
    while (this.#isDue && this.#mayRun()) {
      this.#isDue = false;
      this.#cancelTimer();
      const asked = this.#waiting.splice(0);
      const result = await this.#runOnce();
      for (const resolve of asked) resolve(result);
      // A lane that fails is not run again at once for what changed meanwhile.
      if (this.#failures > 0 && this.#waiting.length === 0) this.#isDue = false;
      if (this.#mayRun()) this.#setTimer(result);
    }
    this.#running = undefined;
  }

  async #runOnce(): Promise<LaneResult> {
    const state = this.#keeper.state();
    const { signal } = this.#phase;
    const { cluster, lane, log, timers } = this.#settings;
    const began = timers.now();
    try {
      const result = await this.#settings.run({
        signal: AbortSignal.any([signal, this.#stop.signal]),
        lease: state.state === "held" ? state.lease : undefined,
      });
      this.#failures = 0;
      const { outcome } = result;
      log.info({ cluster, lane, outcome, ms: Math.round(timers.now() - began) }, "lane ran");
      return result;
    } catch (error) {
      // Told to stop: what it threw then says nothing of the lane.
      return signal.aborted || this.#stop.signal.aborted ? ELSEWHERE : this.#failed(error);
    }
  }

  #failed(err: unknown): LaneResult {
    const { cluster, lane, log, random } = this.#settings;
    this.#failures += 1;
    const askedMs = err instanceof RetryableError ? err.retryAfterMs : undefined;
    const retryAfterMs = backOffMs(this.#failures, {
      askedMs,
      longestMs: LONGEST_DELAY_MS,
      random: random(),
    });
    const fields = { cluster, lane, attempt: this.#failures, err };
    if (err instanceof RetryableError) log.warn(fields, "lane will be run again");
    else {
      const code = err instanceof FatalError ? err.code : "Bug";
      log.error({ ...fields, code }, "lane failed");
    }
    return { outcome: "waiting", for: "the lane to be tried again", retryAfterMs };
  }

  #setTimer(result: LaneResult): void {
    const { timers, sweepMs, debounceMs } = this.#settings;
    const wanted = result.outcome === "waiting" ? Math.min(result.retryAfterMs, sweepMs) : sweepMs;
    this.#cancelTimer = timers.after(Math.max(wanted, debounceMs), () => this.#wake());
  }
}

const ELSEWHERE: LaneResult = {
  outcome: "waiting",
  for: "the process that holds the lane",
  retryAfterMs: 500,
};

/** Whether a run was not done because another process holds the lane. */
export function isElsewhere(result: LaneResult): boolean {
  return result === ELSEWHERE;
}

function nothing(): void {
  // No timer is set yet.
}
