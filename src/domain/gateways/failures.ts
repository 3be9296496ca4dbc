import {
  type AzureAnswer,
  judgeAzureAnswer,
  pauseMs,
  quoteAzure,
} from "../plan/azure/azure-answers.ts";
import type { ArmStep, Failures } from "./memory.ts";

export interface Failed {
  readonly step: ArmStep;
  readonly answer: AzureAnswer;
  /** What Azure asked for; 0 where it did not say. */
  readonly retryAfterMs: number;
  /** Epoch ms. */
  readonly now: number;
  /** How often the lane looks. */
  readonly tickMs: number;
}

/** What is to be remembered after a step failed; failures of the same kind in a row are counted. */
export function failuresAfter(
  before: Failures | undefined,
  { step, answer, retryAfterMs, now, tickMs }: Failed,
): Failures {
  const { kind, waitsFor } = judgeAzureAnswer(answer);
  const isAgain = before?.step === step && before.kind === kind;
  const count = isAgain ? before.count + 1 : 1;
  const again = kind === "wait" ? "" : "; it is tried again by itself";
  return {
    step,
    kind,
    count,
    message: `${waitsFor}; Azure said ${quoteAzure(answer)}${again}`,
    until: now + Math.max(pauseMs(kind, count, tickMs), retryAfterMs),
  };
}
