/** What Slack delivered, stored before it is acknowledged. `body` is Slack's JSON, untouched. */
export interface IntakeItem {
  /** Slack's `event_id`, for a slash command its `trigger_id`, for a form its window. Unique for what a person did once. */
  readonly id: string;
  /** `line`: what a form or a button stands for, as a line of the grammar; its body is ours. */
  readonly kind: "event" | "command" | "line";
  readonly receivedAt: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Items are stored as signed records of the bot: what comes back may have been written by others. `response_url`,
 * tokens and trigger ids are not kept in clear, and are dropped once used.
 * Throws `RetryableError` where the store does not answer: then nothing was recorded and nothing may be acknowledged.
 */
export interface Intake {
  /** False where the same id was recorded before (a redelivery). */
  record(item: IntakeItem): Promise<boolean>;
  /** @throws FatalError `StoreOverwritten` where what is stored under this id is not the bot's own. */
  get(id: string): Promise<IntakeItem | undefined>;
  /** Handled: kept for a week so that a redelivery is still recognised. */
  done(id: string): Promise<void>;
  /** Recorded and not done, oldest first. */
  pending(): Promise<readonly string[]>;
}
