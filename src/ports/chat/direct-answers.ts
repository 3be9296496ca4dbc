/**
 * Answers to slash commands where the bot may not post. Slack's address for that gives whoever has it the right to
 * answer, so it is kept in this process's memory alone and is gone after a restart.
 */
export interface DirectAnswers {
  /** `id` is the delivery's. */
  keep(id: string, url: string): void;
  /** False where there is no address for this delivery (any more). Throws `RetryableError` where Slack does not answer. */
  answer(id: string, text: string): Promise<boolean>;
}
