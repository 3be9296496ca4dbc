import { setTimeout as sleep } from "node:timers/promises";

/** Which calls a fault meets; without a field, any. */
export interface FaultMatch {
  readonly method?: string;
  /** Tried on path and query. */
  readonly path?: RegExp;
}

/** What goes wrong. Several may be combined; without `status` the call is carried out. */
export interface Fault {
  /** HTTP status of the answer; the call is not carried out. */
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** Sent with the answer, also where the call is carried out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The error body has no outer `error`, as some of AKS's have. */
  readonly flat?: boolean;
  /** The connection is cut and nothing was carried out. */
  readonly dropBefore?: boolean;
  /** The call is carried out and the connection cut instead of an answer. */
  readonly dropAfter?: boolean;
  readonly delayMs?: number;
  /** Wait for `release()`: `true` or `before` = before carrying it out, `after` = before answering. */
  readonly hold?: boolean | "before" | "after";
  /** The write is accepted and its operation ends `Failed` with this. */
  readonly failOperation?: OperationFailure;
}

export interface OperationFailure {
  readonly code: string;
  readonly message: string;
}

export interface PlantedFault {
  /** Resolves when a call first meets the fault (with `dropAfter` or `hold: "after"`: once carried out). */
  readonly hit: Promise<void>;
  /** Lets held calls go on, now and from now on. */
  release(): void;
}

/** A fault a call has met: the server asks it before and after carrying the call out. */
export interface ActiveFault {
  readonly fault: Fault;
  before(): Promise<void>;
  after(): Promise<void>;
}

interface Entry {
  readonly match: FaultMatch;
  readonly active: ActiveFault;
  readonly release: () => void;
  left: number;
}

export class Faults {
  #entries: Entry[] = [];

  /** The next `times` (default 1; Infinity allowed) calls that match meet the fault. */
  next(match: FaultMatch, fault: Fault, times = 1): PlantedFault {
    const hit = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const lateHit = fault.dropAfter === true || fault.hold === "after";
    const active: ActiveFault = {
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
  meet(method: string, url: string): ActiveFault | undefined {
    const entry = this.#entries.find((each) => each.left > 0 && matches(each.match, method, url));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.active;
  }
}

function matches({ method, path }: FaultMatch, calledMethod: string, url: string): boolean {
  if (method !== undefined && method.toUpperCase() !== calledMethod) return false;
  return path === undefined || new RegExp(path.source, path.flags.replace(/[gy]/g, "")).test(url);
}
