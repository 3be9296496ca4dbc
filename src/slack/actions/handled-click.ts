import type { ChangeLog } from "#src/ports/change-log.ts";
import { isOverwritten, RetryableError } from "#src/ports/errors.ts";

/** Handles a click; where that was not possible it is logged, and said to who clicked. */
export async function handled(
  log: ChangeLog,
  fields: Readonly<Record<string, unknown>>,
  {
    work,
    say,
  }: {
    readonly work: () => Promise<unknown>;
    readonly say: (text: string) => Promise<unknown>;
  },
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const text = failureText(error);
    if (text === undefined) throw error;
    log.warn({ ...fields, reason: error }, "a click could not be handled");
    await say(text);
  }
}

/** Undefined for a bug. */
function failureText(error: unknown): string | undefined {
  if (error instanceof RetryableError)
    return "Not recorded: Slack or Sallyport's store does not answer. Please try again in a minute.";
  if (isOverwritten(error))
    return "Not recorded: what is stored of this request is not what Sallyport wrote. Tell who runs Sallyport.";
  return undefined;
}
