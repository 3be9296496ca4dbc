import { type Because, decide, type DecisionResult } from "#src/requests/decision/decide.ts";
import { requestIdOf } from "#src/domain/request/grant-id.ts";
import { type Refusal, refuse } from "#src/domain/outcome.ts";
import { asksSeveral } from "#src/domain/request/destinations-asked.ts";
import { unlessOverwritten } from "#src/ports/errors.ts";
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
  if ((await oneOfSeveral(ports, id)) !== undefined) return refusalReply(cancelledWhole(id));
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
  const grantId = await oneOfSeveral(ports, typed.id);
  const result = await decide(ports, {
    requestId,
    verdict: "revoke",
    ...(grantId === undefined ? {} : { grantId }),
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

/** The grant that is named, of a request that has several; of one destination its id is the request's. */
async function oneOfSeveral({ store, log }: BotPorts, id: string): Promise<string | undefined> {
  if (id === requestIdOf(id)) return undefined;
  const record = await unlessOverwritten(
    () => store.get(requestIdOf(id)),
    (err) => {
      log.error({ requestId: requestIdOf(id), err }, "stored request unreadable");
      return undefined;
    },
  );
  return record?.kind === "grant" && asksSeveral(record.asked) ? id : undefined;
}

function cancelledWhole(id: string): Refusal {
  return refuse("AlreadyDecided", {
    what: `${id} was not cancelled`,
    why: "a request is approved as a whole, and cancelled as a whole",
    fix: `\`@sallyport cancel ${requestIdOf(id)}\` cancels all of it`,
  });
}

/** Closing must not hang on what Sallyport lost, cannot reach or may not sign. */
function isNoUsersFault(
  result: Exclude<DecisionResult, { readonly outcome: "recorded" }>,
): boolean {
  return result.outcome !== "refused" || LOST.includes(result.because);
}

const LOST: readonly Because[] = ["unknown-request", "unverifiable", "clock"];
