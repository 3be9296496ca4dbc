import type { Heartbeat } from "#src/domain/time/heartbeat.ts";

/** The bots' heartbeats; of several bots the newest counts. Throws `RetryableError` where the store does not answer. */
export interface Heartbeats {
  beat(heartbeat: Heartbeat): Promise<void>;
  /** Undefined where none was heard, or what is stored is not a bot's. */
  newest(): Promise<Heartbeat | undefined>;
}
