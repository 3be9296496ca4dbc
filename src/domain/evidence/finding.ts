import type { Check, CheckName } from "./check.ts";

/** What a check found out, before it is given its name. */
export type Finding = Omit<Check, "name">;

export function passed(explanation: string, lines: readonly string[] = []): Finding {
  return { verdict: "passed", explanation, lines };
}

export function failed(explanation: string, lines: readonly string[] = []): Finding {
  return { verdict: "failed", explanation, lines };
}

export function unknown(explanation: string, lines: readonly string[] = []): Finding {
  return { verdict: "unknown", explanation, lines };
}

const MOST_LINES = 5;

export function named(name: CheckName, { verdict, explanation, lines }: Finding): Check {
  return { name, verdict, explanation, lines: lines.slice(0, MOST_LINES) };
}
