import type { Signed } from "#src/domain/request/signature.ts";

/** What Slack delivered, stored before it is acknowledged. `body` is Slack's JSON, untouched. */
export interface IntakeItem {
  /** Slack's `event_id`, or for a slash command its `trigger_id`. Unique for what a person did once. */
  readonly id: string;
  readonly kind: "event" | "command";
  readonly receivedAt: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Items are stored with the bot's signature (statement kind `intake`): what comes back may have been written by others.
 * Throws `RetryableError` where the store does not answer: then nothing was recorded and nothing may be acknowledged.
 */
export interface Intake {
  /** False where the same id was recorded before (a redelivery). */
  record(item: Signed<IntakeItem>): Promise<boolean>;
  /** As stored, not verified. @throws FatalError `StoreOverwritten` where it is not readable. */
  get(id: string): Promise<Signed<IntakeItem> | undefined>;
  /** Handled: kept for a week so that a redelivery is still recognised. */
  done(id: string): Promise<void>;
  /** Recorded and not done, oldest first. */
  pending(): Promise<readonly string[]>;
}
