import { type Waited, waited } from "#src/domain/time/waited.ts";
import type { Clock } from "#src/ports/clock.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { Intake } from "#src/ports/chat/intake.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";

export interface LeftBehindPorts {
  readonly intake: Pick<Intake, "pending">;
  readonly process: (id: string) => Promise<void>;
  readonly clock: Clock;
  readonly log: ChangeLog;
}

/** The queue takes up what was delivered within a second, and tries what failed again by itself. */
const PATIENCE_MS = 30_000;

/** Handles what was delivered and the queue never brings: somebody may have damaged it, and nobody is to wait in vain. */
export class LeftBehind {
  readonly #ports: LeftBehindPorts;
  /** Since when each is seen to wait. */
  #since: Waited["since"] = {};

  constructor(ports: LeftBehindPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { intake, process, clock, log } = this.#ports;
    try {
      const pending = await intake.pending();
      const { late, since } = waited(pending, this.#since, {
        now: clock.now(),
        patienceMs: PATIENCE_MS,
      });
      // One that cannot be handled comes again later, and the others with the next look.
      this.#since = since;
      for (const id of late) await process(id);
    } catch (reason) {
      if (!isAdapterError(reason)) throw reason;
      log.warn({ reason }, "what was delivered waits for the next look");
    }
  }
}
