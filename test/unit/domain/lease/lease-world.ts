import {
  heldUntil,
  type LeaseRecord,
  nextMove,
  nobody,
  type Observation,
  observe,
} from "#src/domain/lease/judge-lease.ts";

/** How often something goes wrong, of 1. */
export interface Chances {
  /** A request or an answer never arrives. */
  readonly lost: number;
  /** A write arrives up to three durations later, when nobody waits for it any more. */
  readonly late: number;
  /** A process stands still for up to two durations, at any place between two steps. */
  readonly paused: number;
  /** A process dies and starts as another. */
  readonly crash: number;
  /** Somebody deletes the Lease. */
  readonly deleted: number;
  readonly giveBack: number;
}

/** When one process would send writes, in true time. */
export interface Window {
  readonly holder: string;
  readonly from: number;
  until: number;
}

const DURATION = 15_000;
const LIMIT = 6_000;

interface Stored extends LeaseRecord {
  readonly version: number;
}

interface Run {
  readonly seed: number;
  /** Of each process's clock, in thousandths faster (or slower) than true time. */
  readonly rates: readonly number[];
  readonly chances: Chances;
  readonly moves: number;
}

/** Lets processes contend for one Lease, by the product's judgement; the windows in which each would have written. */
export function simulate({ seed, rates, chances, moves }: Run): readonly Window[] {
  const world = new World(seed, chances);
  const processes = rates.map((rate, index) => new Process(world, index, 1 + rate / 1000));
  for (const process of processes) world.at(world.within(DURATION), () => process.start());
  world.run(moves * rates.length);
  return processes.flatMap(({ windows }) => windows);
}

class World {
  readonly chances: Chances;
  #seed: number;
  now = 0;
  stored: Stored | undefined;
  #version = 0;
  #queue: { readonly at: number; readonly call: () => void }[] = [];

  constructor(seed: number, chances: Chances) {
    this.#seed = seed;
    this.chances = chances;
  }

  /** In [0, 1), by the generator mulberry32: the same seed is the same story. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  happens(chance: number): boolean {
    return this.random() < chance;
  }

  within(ms: number): number {
    return this.random() * ms;
  }

  at(delay: number, call: () => void): void {
    this.#queue.push({ at: this.now + delay, call });
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const next = this.#queue.toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined) return;
      this.#queue = this.#queue.filter((each) => each !== next);
      this.now = next.at;
      if (this.happens(this.chances.deleted / 5)) this.stored = undefined;
      next.call();
    }
  }

  /** PUT with the version that was seen, or POST where none was; undefined where it is refused. */
  write(record: LeaseRecord, seen: number | undefined): Stored | undefined {
    if (this.stored?.version !== seen) return undefined;
    this.#version += 1;
    this.stored = { ...record, version: this.#version };
    return this.stored;
  }
}

class Process {
  readonly windows: Window[] = [];
  readonly #world: World;
  readonly #index: number;
  readonly #rate: number;
  #life = 0;
  #writes = 0;
  #seen: Observation | undefined;
  #written: Stored | undefined;

  constructor(world: World, index: number, rate: number) {
    this.#world = world;
    this.#index = index;
    this.#rate = rate;
  }

  start(): void {
    const { chances } = this.#world;
    if (this.#world.happens(chances.crash)) this.#crash();
    if (this.#isHolding() && this.#world.happens(chances.giveBack)) this.#send("", this.#written);
    else if (this.#isHolding() && this.#written !== undefined)
      this.#send(this.#identity, this.#written);
    else this.#look();
  }

  get #identity(): string {
    return `${this.#index}-${this.#life}`;
  }

  #clock(): number {
    return this.#index * 1e6 + this.#world.now * this.#rate;
  }

  #isHolding(): boolean {
    const last = this.windows.at(-1);
    return last?.holder === this.#identity && this.#world.now < last.until;
  }

  #crash(): void {
    this.#end();
    this.#life += 1;
    this.#seen = undefined;
    this.#written = undefined;
  }

  #end(): void {
    const last = this.windows.at(-1);
    if (last !== undefined) last.until = Math.min(last.until, this.#world.now);
  }

  #look(): void {
    const answered = this.#limited();
    this.#travel(() => {
      const found = this.#world.stored;
      this.#travel(() => {
        if (answered()) this.#judge(found);
      });
    });
  }

  /** Whether the answer is still waited for, by the life that asked. After the limit the process looks again. */
  #limited(): () => boolean {
    const life = this.#life;
    let waiting = true;
    this.#world.at(LIMIT, () => {
      if (waiting) this.#again();
      waiting = false;
    });
    return () => {
      const inTime = waiting && life === this.#life;
      waiting = false;
      return inTime;
    };
  }

  #judge(found: Stored | undefined): void {
    const now = this.#clock();
    this.#seen = observe(this.#seen, found ?? "absent", now);
    const next = nextMove(this.#seen, {
      identity: this.#identity,
      holding: this.#isHolding(),
      durationMs: DURATION,
      now,
    });
    if (next.move === "wait") this.#again();
    else if (next.move === "announce") this.#send(nobody(this.#identity), undefined);
    else this.#send(this.#identity, found);
  }

  #send(holder: string, seen: Stored | undefined): void {
    const { chances } = this.#world;
    const sentAt = this.#clock();
    if (holder === "") this.#end();
    this.#writes += 1;
    const record = { holder, renewTime: `${this.#identity} ${this.#writes}`, durationMs: DURATION };
    const answered = this.#limited();
    const late = this.#world.happens(chances.late) ? this.#world.within(3 * DURATION) : 0;
    this.#travel(() => {
      const stored = this.#world.write(record, seen?.version);
      this.#travel(() => {
        if (!answered()) return;
        this.#answered(stored, sentAt);
        this.#again();
      });
    }, late);
  }

  #answered(stored: Stored | undefined, sentAt: number): void {
    this.#written = stored;
    if (stored === undefined || stored.holder !== this.#identity) return;
    const left = heldUntil(sentAt, DURATION) - this.#clock();
    if (left <= 0) return;
    const until = this.#world.now + left / this.#rate;
    const last = this.windows.at(-1);
    if (last !== undefined && this.#isHolding()) last.until = Math.max(last.until, until);
    else this.windows.push({ holder: this.#identity, from: this.#world.now, until });
  }

  #again(): void {
    this.#world.at(DURATION / 5 / this.#rate, () => this.start());
  }

  /** Over the wire, and through a process that may stand still. */
  #travel(arrive: () => void, late = 0): void {
    const { chances } = this.#world;
    if (this.#world.happens(chances.lost)) return;
    const pause = this.#world.happens(chances.paused) ? this.#world.within(2 * DURATION) : 0;
    this.#world.at(this.#world.within(200) + pause + late, arrive);
  }
}
