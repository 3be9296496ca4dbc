import { setTimeout as sleep } from "node:timers/promises";

/** How the course of a call is disturbed, whatever it is answered. */
export interface Disturbance {
  /** The connection is cut and nothing was carried out. */
  readonly dropBefore?: boolean;
  /** The call is carried out and the connection cut instead of an answer. */
  readonly dropAfter?: boolean;
  readonly delayMs?: number;
  /** Wait for `release()`: `true` or `before` = before carrying it out, `after` = before answering. */
  readonly hold?: boolean | "before" | "after";
}

export interface PlantedFault {
  /** Resolves when a call first meets the fault (with `dropAfter` or `hold: "after"`: once carried out). */
  readonly hit: Promise<void>;
  /** Lets held calls go on, now and from now on. */
  release(): void;
}

/** A fault a call has met: the server asks it before and after carrying the call out. */
export interface ActiveFault<Fault> {
  readonly fault: Fault;
  before(): Promise<void>;
  after(): Promise<void>;
}

interface Entry<Match, Fault> {
  readonly match: Match;
  readonly active: ActiveFault<Fault>;
  readonly release: () => void;
  left: number;
}

/** The faults planted in one simulator, met in the order they were planted. */
export class PlantedFaults<Match, Fault extends Disturbance, Call> {
  readonly #entries: Entry<Match, Fault>[] = [];
  readonly #matches: (match: Match, call: Call) => boolean;

  constructor(matches: (match: Match, call: Call) => boolean) {
    this.#matches = matches;
  }

  /** The next `times` (default 1; Infinity allowed) calls that match meet the fault. */
  next(match: Match, fault: Fault, times = 1): PlantedFault {
    const hit = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const lateHit = fault.dropAfter === true || fault.hold === "after";
    const active: ActiveFault<Fault> = {
      fault,
      before: async () => {
        if (!lateHit) hit.resolve();
        if (fault.delayMs !== undefined) await sleep(fault.delayMs);
        if (fault.hold === true || fault.hold === "before") await released.promise;
      },
      after: async () => {
        if (lateHit) hit.resolve();
        if (fault.hold === "after") await released.promise;
      },
    };
    this.#entries.push({ match, active, release: () => released.resolve(), left: times });
    return { hit: hit.promise, release: () => released.resolve() };
  }

  /** Forgets every fault and lets held calls go on. */
  clear(): void {
    for (const entry of this.#entries) {
      entry.left = 0;
      entry.release();
    }
  }

  /** The first planted fault with uses left that this call meets; uses it up once. */
  meet(call: Call): ActiveFault<Fault> | undefined {
    const entry = this.#entries.find((each) => each.left > 0 && this.#matches(each.match, call));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.active;
  }
}
