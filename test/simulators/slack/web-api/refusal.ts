import type { JsonObject } from "../json.ts";
import { type Problem, problemText } from "../text-limits.ts";

/** A call the Web API refuses: becomes `{ok: false, error}`, with status 200 unless it is a rate limit. */
export class ApiRefusal extends Error {
  readonly error: string;
  readonly extra: JsonObject;
  /** Seconds; makes the answer a 429 with `Retry-After`. */
  readonly retryAfter: number | undefined;

  constructor(error: string, extra: JsonObject = {}, retryAfter?: number) {
    super(`answering a Web API call: ${error}`);
    this.name = "ApiRefusal";
    this.error = error;
    this.extra = extra;
    this.retryAfter = retryAfter;
  }
}

/** A refusal that lists what is wrong, as Slack does for blocks and views. */
export function refusalWithProblems(error: string, problems: readonly Problem[]): ApiRefusal {
  return refusalWithMessages(error, problems.map(problemText));
}

export function refusalWithMessages(error: string, messages: readonly string[]): ApiRefusal {
  return new ApiRefusal(error, {
    errors: messages,
    response_metadata: { messages: messages.map((each) => `[ERROR] ${each}`) },
  });
}
