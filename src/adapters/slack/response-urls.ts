import type { Clock } from "#src/ports/clock.ts";
import type { DirectAnswers } from "#src/ports/chat/direct-answers.ts";
import { RetryableError } from "#src/ports/errors.ts";

/** How long Slack takes answers: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
const LIVES_MS = 30 * 60_000;
/** More commands than that in half an hour are nobody's: the oldest address goes. */
const AT_MOST = 1000;

interface Address {
  readonly url: string;
  readonly until: number;
}

/** Slack's `response_url`s of slash commands, in memory. */
export class ResponseUrls implements DirectAnswers {
  readonly #clock: Clock;
  readonly #addresses = new Map<string, Address>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(id: string, url: string): void {
    const now = this.#clock.now();
    for (const [known, { until }] of this.#addresses)
      if (until <= now || this.#addresses.size >= AT_MOST) this.#addresses.delete(known);
    this.#addresses.set(id, { url, until: now + LIVES_MS });
  }

  async answer(id: string, text: string): Promise<boolean> {
    const address = this.#addresses.get(id);
    if (address === undefined || address.until <= this.#clock.now()) return false;
    await post(address.url, text);
    return true;
  }
}

async function post(url: string, text: string): Promise<void> {
  const doing = "answering a slash command";
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ response_type: "ephemeral", text }),
      signal: AbortSignal.timeout(5000),
    });
    if (response.status >= 500 || response.status === 429) throw new RetryableError(doing);
  } catch (error) {
    throw error instanceof RetryableError ? error : new RetryableError(doing, { cause: error });
  }
}
