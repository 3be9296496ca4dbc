import { isJsonObject, stringOf } from "./json.ts";

/** What is wrong, and where in what was sent. https://docs.slack.dev/reference/methods/blocks.validate#validation-errors */
export interface Problem {
  readonly message: string;
  /** A JSON pointer. */
  readonly at: string;
  /** The types that are taken there instead. */
  readonly expected?: readonly string[];
}

export function problem(message: string, at: string, expected?: readonly string[]): Problem {
  return { message, at, ...(expected === undefined ? {} : { expected }) };
}

/** As Slack's other methods say it. */
export function problemText({ message, at }: Problem): string {
  return `${message} [json-pointer:${at}]`;
}

/** An optional string of at most `max` characters. */
export function lengthProblems(value: unknown, at: string, max: number): readonly Problem[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "string") return [problem("must be a string", at)];
  return value.length > max ? [problem(`must be less than ${max + 1} characters`, at)] : [];
}

/** A required text object (https://docs.slack.dev/reference/block-kit/composition-objects/text-object). */
export function textProblems(
  value: unknown,
  at: string,
  limit: { readonly max: number; readonly plain?: boolean },
): readonly Problem[] {
  if (!isJsonObject(value)) return [problem("missing required field", at)];
  const allowed = limit.plain === true ? ["plain_text"] : ["plain_text", "mrkdwn"];
  const type = stringOf(value["type"]) ?? "";
  if (!allowed.includes(type)) return [problem(`unsupported type: ${type}`, `${at}/type`, allowed)];
  const text = stringOf(value["text"]);
  if (text === undefined) return [problem("missing required field: text", at)];
  if (text.length === 0) return [problem("must be more than 0 characters", `${at}/text`)];
  return lengthProblems(text, `${at}/text`, limit.max);
}
