import { messageBlocksProblems, viewProblems } from "../block-kit-limits.ts";
import { isJsonObject } from "../json.ts";
import type { JsonObject } from "../json.ts";
import { type Problem, problem } from "../text-limits.ts";
import type { ApiMethod } from "./method.ts";
import { ApiRefusal } from "./refusal.ts";

/**
 * Judges one payload by the same limits as those that post and show, and does neither. Pointers begin at the payload.
 * https://docs.slack.dev/reference/methods/blocks.validate
 */
export const blocksValidate: ApiMethod = {
  token: "bot",
  scopes: [],
  handle: (_context, args) => {
    const given = PAYLOADS.flatMap((name) => {
      const payload = args.json(name, `invalid_${name}`);
      return payload === undefined ? [] : [{ name, payload }];
    });
    const [only] = given;
    if (only === undefined || given.length > 1) {
      const message = "must provide exactly one of `blocks`, `view`, or `message`";
      throw new ApiRefusal("invalid_arguments", { response_metadata: { messages: [message] } });
    }
    const problems = problemsOf(only.name, only.payload);
    if (problems.length === 0) return {};
    throw new ApiRefusal(`invalid_${only.name}`, { errors: problems.map(onWire) });
  },
};

const PAYLOADS = ["blocks", "view", "message"] as const;

function problemsOf(name: (typeof PAYLOADS)[number], payload: unknown): readonly Problem[] {
  if (name === "blocks") return messageBlocksProblems(payload, "");
  if (!isJsonObject(payload)) return [problem("must be an object", "")];
  return name === "view" ? viewProblems(payload, "") : messageProblems(payload);
}

function messageProblems({ blocks }: JsonObject): readonly Problem[] {
  return blocks === undefined ? [] : messageBlocksProblems(blocks);
}

function onWire({ message, at, expected }: Problem): JsonObject {
  return {
    code: "failed_constraint",
    message,
    pointer: at,
    ...(expected === undefined ? {} : { constraint: { type: "enum", expected } }),
  };
}
