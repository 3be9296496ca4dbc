import type { FetchFunction, WebClientOptions } from "@slack/web-api";

export interface WebClientSettings {
  /** Only for another Slack endpoint than slack.com. */
  readonly slackApiUrl: string | undefined;
  /** In place of the global one. */
  readonly fetch?: FetchFunction;
}

/**
 * How each of our clients of Slack is made. Bolt's socket client would otherwise set 100 retries on every client that
 * shares its options.
 */
export function webClientOptions({ slackApiUrl, fetch }: WebClientSettings): WebClientOptions {
  return {
    retryConfig: { retries: 3, factor: 2, minTimeout: 500, maxTimeout: 5000 },
    timeout: 15_000,
    ...(slackApiUrl === undefined ? {} : { slackApiUrl }),
    ...(fetch === undefined ? {} : { fetch }),
  };
}
