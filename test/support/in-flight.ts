import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { FakeTimers } from "./fake-timers.ts";

/** Knows whether calls to a mesh are under way, so that a fake clock runs only while none is. */
export class InFlight {
  #calls = 0;

  /** The same mesh, its calls counted. */
  counting(mesh: Mesh): Mesh {
    return new Proxy(mesh, {
      get: (target, name: keyof Mesh) => {
        if (name === "until") {
          return (...given: Parameters<Mesh["until"]>) => this.counting(target.until(...given));
        }
        const method: unknown = target[name];
        if (typeof method !== "function") return method;
        return (...given: unknown[]) => {
          const result: unknown = method(...given);
          return result instanceof Promise ? this.#counted(result) : result;
        };
      },
    });
  }

  async #counted(call: Promise<unknown>): Promise<unknown> {
    this.#calls += 1;
    try {
      return await call;
    } finally {
      this.#calls -= 1;
    }
  }

  /** Resolves when nothing is under way and what was answered has been dealt with. */
  async quiet(): Promise<void> {
    for (let calm = 0; calm < 5; calm += 1) {
      await turn();
      if (this.#calls === 0) continue;
      calm = 0;
      await sleep(1);
    }
  }

  /** Lets so much time pass, in steps small enough for nothing to be late. */
  async pass(timers: FakeTimers, ms: number, stepMs = 500): Promise<void> {
    await this.quiet();
    for (let left = ms; left > 0; left -= stepMs) {
      timers.advance(Math.min(stepMs, left));
      await this.quiet();
    }
  }
}
