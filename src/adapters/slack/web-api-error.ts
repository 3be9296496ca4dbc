import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from "@slack/web-api";
import { FatalError, RetryableError } from "#src/ports/errors.ts";

/** Slack's error words for what only a person can mend, with the code people are shown a sentence for. */
const FATAL: Readonly<Record<string, string>> = {
  not_in_channel: "NotInChannel",
  channel_not_found: "NotInChannel",
  is_archived: "ChannelGone",
  missing_scope: "MissingScope",
  invalid_auth: "SlackAuth",
  not_authed: "SlackAuth",
  account_inactive: "SlackAuth",
  token_revoked: "SlackAuth",
};

/** Words that pass by themselves. https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const PASSING = [
  "ratelimited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
];

/** SDK error → taxonomy; `doing` names the call in progress. */
export function slackError(doing: string, error: unknown): RetryableError | FatalError {
  if (error instanceof WebAPIRateLimitedError) {
    return new RetryableError(doing, { cause: error, retryAfterMs: error.retryAfter * 1000 });
  }
  if (error instanceof WebAPIRequestError) return new RetryableError(doing, { cause: error });
  if (error instanceof WebAPIHTTPError) {
    return error.statusCode >= 500 || error.statusCode === 429
      ? new RetryableError(doing, { cause: error })
      : new FatalError("BadAnswer", doing, { cause: error });
  }
  const word = platformWord(error);
  if (word === undefined) return new FatalError("Bug", doing, { cause: error });
  if (PASSING.includes(word)) return new RetryableError(doing, { cause: error });
  return new FatalError(FATAL[word] ?? "BadMessage", doing, { cause: error });
}

/** Slack's own error word, like `message_not_found`. */
export function platformWord(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}
