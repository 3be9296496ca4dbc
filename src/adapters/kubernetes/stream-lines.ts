import { RetryableError } from "#src/ports/errors.ts";

/** Whole lines as they come, without empty ones; `RetryableError` where the connection is lost. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  doing: string,
  { unfinished = false }: { readonly unfinished?: boolean } = {},
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of chunks) {
      const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
      rest = lines.pop() ?? "";
      yield* lines.filter((line) => line !== "");
    }
  } catch (cause) {
    throw new RetryableError(doing, { cause });
  }
  if (unfinished && rest !== "") yield rest;
}
