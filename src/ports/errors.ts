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

/** Whether an adapter said it, of either kind; anything else that is thrown is a bug. */
export function isAdapterError(error: unknown): error is RetryableError | FatalError {
  return error instanceof RetryableError || error instanceof FatalError;
}

/** What an adapter's error says, with its cause, for people. */
export function errorText({ message, cause }: RetryableError | FatalError): string {
  return Error.isError(cause) ? `${message}: ${cause.message}` : message;
}

/** What is stored is not what one of us wrote under that name. */
export function isOverwritten(error: unknown): error is FatalError {
  return error instanceof FatalError && error.code === "StoreOverwritten";
}

/** Somebody put far more there than we ever do, and it was not read. */
export function isOverfull(error: unknown): error is FatalError {
  return error instanceof FatalError && error.code === "StoreOverfull";
}

/** The answer; `instead`, where what is stored is not what one of us wrote. Every other error is thrown on. */
export function unlessOverwritten<Answer, Instead>(
  read: () => Promise<Answer>,
  instead: (error: FatalError) => Instead | Promise<Instead>,
): Promise<Answer | Instead> {
  return unless(isOverwritten, read, instead);
}

/** The same, also where there is so much that it was not read. */
export function unlessUnreadable<Answer, Instead>(
  read: () => Promise<Answer>,
  instead: (error: FatalError) => Instead | Promise<Instead>,
): Promise<Answer | Instead> {
  return unless((error) => isOverwritten(error) || isOverfull(error), read, instead);
}

async function unless<Answer, Instead>(
  isMeant: (error: unknown) => error is FatalError,
  read: () => Promise<Answer>,
  instead: (error: FatalError) => Instead | Promise<Instead>,
): Promise<Answer | Instead> {
  try {
    return await read();
  } catch (error) {
    if (!isMeant(error)) throw error;
    return instead(error);
  }
}
