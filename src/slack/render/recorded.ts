import { VERDICT_WORDS } from "#src/domain/approval/decision-event.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import type { RequestDecision, RequestRecord } from "#src/domain/request/request.ts";
import { code } from "./text.ts";

/** Where people can close something without Sallyport. */
export interface ByHand {
  /** Of the instance's EgressGrants. */
  readonly systemNamespace: string;
}

/** What the bot says once a decision is stored. That it is done is for the worker to say, once the cluster has it. */
export function recordedText(
  {
    decision: { verdict, by },
    record,
  }: {
    readonly decision: Pick<RequestDecision, "verdict" | "by">;
    readonly record: Pick<RequestRecord, "id" | "state" | "asked">;
  },
  byHand: ByHand,
): string {
  const { id, state } = record;
  if (state === "cancelled") return `${code(id)} is cancelled; nothing was built.`;
  const decided = `Recorded: ${code(id)} ${VERDICT_WORDS[verdict]} by <@${by.userId}>, being carried out.`;
  if (verdict !== "revoke" || state === "closing") return decided;
  return `${decided} ${whatEnds(record)} If the request's thread does not say that it is closed within two minutes, close it without Sallyport: ${code(closeByHand(id, byHand))}.`;
}

/** Nothing is refused before it is removed, and that may have to wait. */
function whatEnds({ asked }: Pick<RequestRecord, "asked">): string {
  const open =
    asked.destination.mode === "http"
      ? "an open response or WebSocket may live on until it closes"
      : "open connections end within 45 s";
  return `Once it is removed, new connections are refused at once, where the mesh lets nothing else out; ${open}.`;
}

/** A refusal to close something, with the way that needs nothing of Sallyport. */
export function withCloseByHand(refusal: Refusal, id: string, byHand: ByHand): Refusal {
  return {
    ...refusal,
    fix: `${refusal.fix}; to close it without Sallyport: ${code(closeByHand(id, byHand))}`,
  };
}

/** Deleting its EgressGrant is a revoke: the cluster ends it without Slack, Redis or the bot. */
function closeByHand(id: string, { systemNamespace }: ByHand): string {
  return `kubectl -n ${systemNamespace} delete egrant ${id.toLowerCase()}`;
}
