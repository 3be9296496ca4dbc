import type { Clock } from "#src/ports/clock.ts";

export interface RateLimit {
  /** Messages per second and channel that Slack allows over time; Slack says about 1. */
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
}

/** Token bucket per channel (https://docs.slack.dev/apis/web-api/rate-limits); off until `limit` is set. */
export class PostingLimit {
  limit: RateLimit | undefined;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(clock: Clock, limit: RateLimit | undefined) {
    this.#clock = clock;
    this.limit = limit;
  }

  /** Takes one message's right to pass: undefined, or the whole seconds to wait. */
  take(channel: string): number | undefined {
    if (this.limit === undefined) return undefined;
    const { perSecond, burst } = this.limit;
    const now = this.#clock.now();
    const bucket = this.#buckets.get(channel) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    if (tokens >= 1) {
      this.#buckets.set(channel, { tokens: tokens - 1, at: now });
      return undefined;
    }
    this.#buckets.set(channel, { tokens, at: now });
    return Math.ceil((1 - tokens) / perSecond);
  }
}
