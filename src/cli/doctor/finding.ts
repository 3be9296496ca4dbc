/** One line of `doctor`. */
export interface Finding {
  readonly verdict: "fine" | "wrong" | "unknown";
  readonly subject: string;
  /** What was seen; where wrong, how to mend it. */
  readonly text: string;
}

const SIGNS: Readonly<Record<Finding["verdict"], string>> = {
  fine: "ok     ",
  wrong: "WRONG  ",
  unknown: "unknown",
};

export function findingLine({ verdict, subject, text }: Finding): string {
  return `${SIGNS[verdict]} ${subject}: ${text}`;
}

/** An error and what caused it, down to the last: `fetch failed` alone helps nobody. Nothing is said twice. */
export function reasonOf(error: unknown): string {
  const said: string[] = [];
  for (let at = error; at !== undefined; at = Error.isError(at) ? at.cause : undefined) {
    const text = textOf(at);
    if (text !== "" && !said.some((before) => before.includes(text))) said.push(text);
  }
  return said.join(": ");
}

/** Attempts at several addresses fail together, in an error whose message is empty; its code is theirs. */
function textOf(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  const { message } = error;
  return message === "" && "code" in error ? String(error.code) : message;
}
