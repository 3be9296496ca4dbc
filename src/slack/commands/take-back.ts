import { type Because, decide, type DecisionResult } from "#src/requests/decision/decide.ts";
import { requestIdOf } from "#src/requests/read-board.ts";
import type { BotPorts } from "../bot-ports.ts";
import { recordedText, withCloseByHand } from "../render/recorded.ts";
import {
  type CommandContext,
  type CommandReply,
  refusalReply,
  typedAct,
} from "./command-context.ts";

/** By who asked, while it is not admitted. */
export async function cancel(
  ports: BotPorts,
  { asked }: CommandContext,
  id: string,
): Promise<CommandReply> {
  const result = await decide(ports, {
    requestId: requestIdOf(id),
    verdict: "cancel",
    ...typedAct(asked),
  });
  return result.outcome === "recorded"
    ? { text: recordedText(result, ports.config) }
    : refusalReply(result.refusal);
}

/** No approval needed: by who asked, the team's group, or an approver. */
export async function revoke(
  ports: BotPorts,
  { asked }: CommandContext,
  typed: { readonly id: string; readonly reason?: string },
): Promise<CommandReply> {
  const requestId = requestIdOf(typed.id);
  const result = await decide(ports, {
    requestId,
    verdict: "revoke",
    ...typedAct(asked),
    ...(typed.reason === undefined ? {} : { reason: typed.reason }),
  });
  if (result.outcome === "recorded") return { text: recordedText(result, ports.config) };
  return refusalReply(
    isNoUsersFault(result)
      ? withCloseByHand(result.refusal, requestId, ports.config)
      : result.refusal,
  );
}

/** Closing must not hang on what Sallyport lost, cannot reach or may not sign. */
function isNoUsersFault(
  result: Exclude<DecisionResult, { readonly outcome: "recorded" }>,
): boolean {
  return result.outcome !== "refused" || LOST.includes(result.because);
}

const LOST: readonly Because[] = ["unknown-request", "unverifiable", "clock"];
