import { isOverwritten, RetryableError } from "#src/ports/errors.ts";

/** What to say of a click that could not be handled; undefined for a bug. */
export function failureText(error: unknown): string | undefined {
  if (error instanceof RetryableError)
    return "Not recorded: Slack or Sallyport's store does not answer. Please try again in a minute.";
  if (isOverwritten(error))
    return "Not recorded: what is stored of this request is not what Sallyport wrote. Tell who runs Sallyport.";
  return undefined;
}
