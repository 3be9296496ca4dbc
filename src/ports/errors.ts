/**
 * What an adapter throws. The two other outcomes are values: a user's "no" (`Refusal` in `domain/outcome.ts`) and "not yet"
 * (`LaneResult` in `reconcile/lane-ports.ts`). Which one it is, is decided where it arises, never from message text.
 */

/** It may pass: the same call is worth repeating. `doing` names the action in progress, lower case. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  /** When the other side said how long to wait (HTTP Retry-After), in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    doing: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(doing, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** It will not pass until a person changes something: permissions, configuration, a bug. */
export class FatalError extends Error {
  override readonly name = "FatalError";
  /** CamelCase and stable: what logs, metrics and chat sentences are keyed by. */
  readonly code: string;

  constructor(code: string, doing: string, options: { readonly cause?: unknown } = {}) {
    super(doing, { cause: options.cause });
    this.code = code;
  }
}
