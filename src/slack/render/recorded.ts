import { asksForEgress } from "#src/domain/request/kinds.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import { VERDICT_WORDS } from "#src/domain/approval/decision-event.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import type {
  Decision,
  DecisionVerdict,
  AnyRequest,
  RequestDecision,
  RequestRecord,
} from "#src/domain/request/request.ts";
import { mention } from "./people.ts";
import { code, moment } from "./text.ts";

/** Where people can close something without Sallyport. */
export interface ByHand {
  /** Of the instance's EgressGrants. */
  readonly systemNamespace: string;
}

/** What the bot says once a decision is stored. That it is done is for the worker to say, once the cluster has it. */
export function recordedText(
  {
    decision: { verdict, by, grantIds },
    record,
  }: {
    readonly decision: Pick<RequestDecision, "verdict" | "by" | "grantIds">;
    readonly record: Pick<AnyRequest, "id" | "state" | "asked">;
  },
  byHand: ByHand,
): string {
  const { id, state, asked } = record;
  if (state === "cancelled") return `${code(id)} is cancelled; nothing was built.`;
  const decided = `Recorded: ${code(grantIds?.join(", ") ?? id)} ${VERDICT_WORDS[verdict]} by <@${by.userId}>, being carried out.`;
  if (verdict !== "revoke" || state === "closing" || !asksForEgress(asked)) return decided;
  const closing = grantIds === undefined ? "close it" : `close all of ${code(id)}`;
  return `${decided} ${whatEnds({ id, asked }, grantIds)} If the request's thread does not say that it is closed within two minutes, ${closing} without Sallyport: ${code(closeByHand(id, byHand))}.`;
}

/** Nothing is refused before it is removed, and that may have to wait. */
function whatEnds(
  { id, asked }: Pick<RequestRecord, "id" | "asked">,
  grantIds: readonly string[] | undefined,
): string {
  const ended = grantsAsked({ id, asked }).filter(
    (grant) => grantIds?.includes(grant.id) !== false,
  );
  const open = ended.some(({ destination }) => modeOf(destination).passes === "route")
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

/** Where a recorded decision shows no effect in the time it takes: to its author, in its thread. */
export function notFollowedText(
  decision: Decision,
  fate: "under-way" | "lost",
  byHand: ByHand,
): string {
  const { by, at } = decision;
  const what =
    decision.about === "cluster"
      ? `the ${decision.verdict} of cluster ${code(decision.cluster)}`
      : `${NOUNS[decision.verdict]} of ${code(decision.grantIds?.join(", ") ?? decision.requestId)}`;
  const why =
    fate === "lost"
      ? "Sallyport's store has lost it, and no lane has carried it out"
      : "it is still not carried out: the worker, its job queues or its way to the cluster does not do what it should";
  return `:rotating_light: ${mention(by.userId)} you were told that ${what} is recorded (${moment(at)}), but ${why}. ${wayOut(decision, byHand)}`;
}

const NOUNS: Readonly<Record<DecisionVerdict, string>> = {
  approve: "your approval",
  deny: "your denial",
  cancel: "your cancelling",
  revoke: "your revoke",
};

const WAYS_OUT: Readonly<Record<Exclude<Decision["verdict"], "revoke">, string>> = {
  approve:
    "Nothing was opened by it so far. Tell who runs Sallyport; where it was lost, decide again.",
  deny: "Nothing was opened. Tell who runs Sallyport; where it was lost, decide again.",
  cancel: "Nothing was opened. Tell who runs Sallyport; where it was lost, decide again.",
  freeze: "Write it again, and tell who runs Sallyport.",
  unfreeze: "Write it again, and tell who runs Sallyport.",
};

function wayOut(decision: Decision, byHand: ByHand): string {
  return decision.verdict === "revoke"
    ? `To close it without Sallyport: ${code(closeByHand(decision.requestId, byHand))}. Or write it again, and tell who runs Sallyport.`
    : WAYS_OUT[decision.verdict];
}
