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

export function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return String(error);
  return Error.isError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message;
}
