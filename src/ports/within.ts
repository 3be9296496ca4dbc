import { RetryableError } from "./errors.ts";

/** The answer, unless the time is over first. @throws RetryableError */
export async function within<Answer>(
  signal: AbortSignal,
  doing: string,
  answer: Promise<Answer>,
): Promise<Answer> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  function giveUp(): void {
    reject(new RetryableError(`${doing}: it took too long`, { cause: signal.reason }));
  }
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([answer, over]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
