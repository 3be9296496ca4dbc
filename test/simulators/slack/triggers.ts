import { randomUUID } from "node:crypto";
import type { Clock } from "#src/ports/clock.ts";

/** https://docs.slack.dev/surfaces/modals: a trigger_id is good for 3 seconds and one use. */
export const TRIGGER_LIFETIME_MS = 3000;

export type TriggerUse =
  | { readonly ok: true; readonly user: string; readonly view: string | undefined }
  | {
      readonly ok: false;
      readonly error: "invalid_trigger_id" | "expired_trigger_id" | "exchanged_trigger_id";
    };

/** The trigger_ids handed out with interactions. */
export class Triggers {
  readonly #clock: Clock;
  readonly #issued = new Map<
    string,
    { user: string; view: string | undefined; at: number; used: boolean }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A trigger_id for what `user` did, in the modal `view` if it was done in one. */
  issue(user: string, view?: string): string {
    const id = `${this.#issued.size + 1}.${randomUUID()}`;
    this.#issued.set(id, { user, view, at: this.#clock.now(), used: false });
    return id;
  }

  use(id: string): TriggerUse {
    const trigger = this.#issued.get(id);
    if (trigger === undefined) return { ok: false, error: "invalid_trigger_id" };
    if (trigger.used) return { ok: false, error: "exchanged_trigger_id" };
    if (this.#clock.now() - trigger.at > TRIGGER_LIFETIME_MS) {
      return { ok: false, error: "expired_trigger_id" };
    }
    trigger.used = true;
    return { ok: true, user: trigger.user, view: trigger.view };
  }
}
