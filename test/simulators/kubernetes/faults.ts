import { setTimeout as sleep } from "node:timers/promises";

/** Which requests a fault meets; without `path` and `method`, any. */
export interface FaultMatch {
  readonly method?: string;
  readonly path?: RegExp;
  /** Whether dry runs are meant, or only they are not; without it, either. */
  readonly dryRun?: boolean;
}

/** What goes wrong. Without `status` and `dropBefore` the request is carried out. */
export interface FaultEffect {
  /** HTTP status of the answer; the request is not carried out. */
  readonly status?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is cut and nothing was carried out. */
  readonly dropBefore?: boolean;
  /** The request is carried out and the connection cut instead of an answer. */
  readonly dropAfter?: boolean;
  readonly delayMs?: number;
  /** Wait for `release()` before carrying it out (`true`, `before`) or before answering (`after`). */
  readonly hold?: boolean | "before" | "after";
}

export interface Fault {
  /** Resolves when a request first meets it (with `dropAfter` and `hold: "after"`: once carried out). */
  readonly hit: Promise<void>;
  /** Lets held requests go on, now and from now on. */
  release(): void;
}

export interface ActiveFault {
  readonly effect: FaultEffect;
  before(): Promise<void>;
  after(): Promise<void>;
}

interface Planted {
  readonly match: FaultMatch;
  readonly active: ActiveFault;
  readonly release: () => void;
  left: number;
}

export class Faults {
  #planted: Planted[] = [];

  /** The next `times` (default 1; Infinity allowed) matching requests meet the fault. */
  next(match: FaultMatch, effect: FaultEffect, times = 1): Fault {
    const hit = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const late = effect.dropAfter === true || effect.hold === "after";
    const active: ActiveFault = {
      effect,
      async before() {
        if (!late) hit.resolve();
        if (effect.delayMs !== undefined) await sleep(effect.delayMs);
        if (effect.hold === true || effect.hold === "before") await released.promise;
      },
      async after() {
        if (late) hit.resolve();
        if (effect.hold === "after") await released.promise;
      },
    };
    this.#planted.push({ match, active, release: () => released.resolve(), left: times });
    return { hit: hit.promise, release: () => released.resolve() };
  }

  /** Forgets every fault and lets held requests go on. */
  clear(): void {
    for (const planted of this.#planted) {
      planted.left = 0;
      planted.release();
    }
  }

  /** The first fault with uses left that this request meets; uses it up once. */
  meet(method: string, path: string, dryRun = false): ActiveFault | undefined {
    const planted = this.#planted.find(
      ({ match, left }) =>
        left > 0 &&
        (match.method === undefined || match.method === method) &&
        (match.path?.test(path) ?? true) &&
        (match.dryRun === undefined || match.dryRun === dryRun),
    );
    if (planted === undefined) return undefined;
    planted.left -= 1;
    return planted.active;
  }
}
