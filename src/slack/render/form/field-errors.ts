import type { FormField, WrongField } from "#src/domain/grammar/form/form-fields.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { capital, cut, inline } from "../text.ts";

/** Answers a form that was sent: it stays open with what was typed, and shows these at their fields. */
export interface FieldErrors {
  readonly response_action: "errors";
  readonly errors: { [blockId: string]: string };
}

/** Slack names no limit; more is not read below a field. */
const LIMIT = 600;

/** All that is wrong with a field. https://docs.slack.dev/surfaces/modals#displaying_errors */
export function fieldErrors(wrong: readonly WrongField[]): FieldErrors {
  const errors: { [blockId: string]: string } = {};
  for (const { field, refusal } of wrong) {
    const before = errors[field];
    const text = errorText(refusal);
    errors[field] = cut(before === undefined ? text : `${before} ${text}`, LIMIT);
  }
  return { response_action: "errors", errors };
}

/** Nothing was recorded, and sending it again asks once. */
export function notRecordedErrors(field: FormField): FieldErrors {
  const text =
    "Not recorded: Sallyport's store does not answer. Your words are still here: try again in a minute. However often it is sent, it is asked for once.";
  return { response_action: "errors", errors: { [field]: text } };
}

/** It may have been recorded or not, and either way sending it again is right. */
export function notYetKnownErrors(field: FormField): FieldErrors {
  const text =
    "Not yet known whether this was recorded: Sallyport's store is slow. Your words are still here: send it again. However often it is sent, it is asked for once.";
  return { response_action: "errors", errors: { [field]: text } };
}

export function outdatedErrors(field: FormField): FieldErrors {
  const text = "Not asked: this window is outdated. Close it and open it again.";
  return { response_action: "errors", errors: { [field]: text } };
}

/** What `check` could not be asked. */
export const NOT_CHECKED =
  "Not checked: Slack or Sallyport's store does not answer. Try again in a minute; asking does not need it.";

/** The same in the window's own text. */
export function problemText({ refusal }: WrongField): string {
  return inline(errorText(refusal).replace("Not asked", "Not possible"), LIMIT);
}

/** An error is plain text. */
function errorText({ why, fix }: Refusal): string {
  return `Not asked: ${why}. ${capital(fix)}.`.replaceAll("`", "").replaceAll(/\s+/g, " ");
}
