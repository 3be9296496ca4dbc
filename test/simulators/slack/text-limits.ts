import { isJsonObject, stringOf } from "./json.ts";

/** A problem in Slack's manner: what is wrong and where. */
export function pointer(problem: string, at: string): string {
  return `${problem} [json-pointer:${at}]`;
}

/** An optional string of at most `max` characters. */
export function lengthProblems(value: unknown, at: string, max: number): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "string") return [pointer("must be a string", at)];
  return value.length > max ? [pointer(`must be less than ${max + 1} characters`, at)] : [];
}

/** A required text object (https://docs.slack.dev/reference/block-kit/composition-objects/text-object). */
export function textProblems(
  value: unknown,
  at: string,
  limit: { readonly max: number; readonly plain?: boolean },
): readonly string[] {
  if (!isJsonObject(value)) return [pointer("missing required field", at)];
  const type = value["type"];
  if (type !== "plain_text" && (limit.plain === true || type !== "mrkdwn")) {
    return [pointer(limit.plain === true ? "must be plain_text" : "unsupported type", at)];
  }
  const text = stringOf(value["text"]);
  if (text === undefined) return [pointer("missing required field: text", at)];
  if (text.length === 0) return [pointer("must be more than 0 characters", `${at}/text`)];
  return lengthProblems(text, `${at}/text`, limit.max);
}
