import { setImmediate as nextTurn } from "node:timers/promises";
import type { Installation } from "#test/support/installation.ts";
import type { Process } from "#test/support/processes.ts";
import type { PlantedFault } from "#test/simulators/planted-faults.ts";

/** Where in a call its process ends: before it is carried out, or after that and before the answer. */
export type When = "before" | "after";

/** What a simulator does to a call whose process is killed while it waits for the answer. */
export function heldOpen(when: When) {
  return when === "before"
    ? { hold: "before" as const, dropBefore: true }
    : { hold: "after" as const, dropAfter: true };
}

/** Starts processes and replaces those that end, as a supervisor would. */
export class Supervisor {
  readonly #installation: Installation;
  readonly #running = new Map<Process["name"], Process>();
  readonly #victims = new Set<Process>();
  readonly #onDeath: () => Promise<void>;
  #isOver = false;

  /** `onDeath`: told of each kill, before the successor starts. */
  constructor(installation: Installation, onDeath: () => Promise<void> = () => Promise.resolve()) {
    this.#installation = installation;
    this.#onDeath = onDeath;
  }

  /** How many processes were killed. */
  get kills(): number {
    return this.#victims.size;
  }

  /** Nobody is killed or started any more: what is left of the installation is about to go. */
  rest(): void {
    this.#isOver = true;
  }

  async start(...names: readonly Process["name"][]): Promise<void> {
    for (const name of names) this.#running.set(name, this.#installation.start(name));
    await this.settled();
  }

  /** Once the held call arrives: kills the process that waits for it, and starts a new one. */
  async killAt(call: PlantedFault, name: () => Process["name"]): Promise<void> {
    await call.hit;
    if (this.#isOver) return call.release();
    const victim = this.#running.get(name());
    if (victim === undefined) throw new Error(`a call of a ${name()} that does not run`);
    const isFirst = !this.#victims.has(victim);
    this.#victims.add(victim);
    await victim.kill();
    call.release();
    // Two calls of one process may be held at once: it dies once.
    if (!isFirst) return;
    try {
      await this.#onDeath();
    } catch (error) {
      if (!this.#isOver) throw error;
    }
    if (this.#isOver) return;
    this.#running.set(name(), this.#installation.start(name()));
  }

  /** Once everything that should run is up, whatever is killed meanwhile. */
  async settled(): Promise<void> {
    for (;;) {
      const before = [...this.#running.values()];
      const results = await Promise.allSettled(before.map((process) => process.started));
      const now = [...this.#running.values()];
      const isSame = now.length === before.length && now.every((each) => before.includes(each));
      if (!isSame || now.some((each) => this.#victims.has(each))) {
        await nextTurn();
        continue;
      }
      const failed = results.find((result) => result.status === "rejected");
      if (failed !== undefined) throw failed.reason;
      return;
    }
  }
}
