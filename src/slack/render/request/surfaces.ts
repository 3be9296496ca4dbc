import type { Progress, RequestRecord } from "#src/domain/request/request.ts";
import type { ToldLine } from "#src/domain/evidence/told-verdict.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { estimate } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { renderMove } from "../following/moves.ts";
import type { MoveTold } from "#src/domain/request/move-told.ts";
import { renderCard } from "./card.ts";
import { mirrorLine, stuckLine } from "./outcome.ts";
import { problemLine, renderProgress } from "./progress.ts";
import { isDirect } from "../direct.ts";
import { renderRefusal } from "../refusal.ts";
import { reminderDue } from "#src/domain/request/reminders.ts";
import { renderReminder, renderResult } from "./result.ts";
import { renderVerdictLine } from "./verdict-line.ts";
import { messageText } from "../text.ts";
import { endOf, type Telling, tellingsOf } from "./told.ts";

/** The key of a request's result: one message, edited. */
export const RESULT = "result";

/** One message a request should have now. */
export interface DesiredSurface {
  readonly key: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly message: ChatMessage;
  /** Posted once and then left alone, so that it notifies and keeps its place. */
  readonly once: boolean;
  /** Written even where it is believed to show this already. */
  readonly anew?: true;
}

export interface SurfaceContext {
  /** Where cards go, if not to the asking thread. */
  readonly approvalsChannel: string | undefined;
  readonly progress: Progress | undefined;
  /** `since` in epoch ms: when it began, of what keeps an admitted grant from being in place. */
  readonly problem: (Refusal & { readonly since?: number }) | undefined;
  /** Of one that moves another grant, once its way at the new gateway is in place. */
  readonly move: MoveTold | undefined;
  /** What keeps the request from going on, or did. */
  readonly stuck: { readonly why: string; readonly over: boolean } | undefined;
  readonly unprovenForMs: number;
  /** Epoch ms. */
  readonly now: number;
  /** The newest change of its verdict. */
  readonly changed: ToldLine | undefined;
}

/** Every message of a request, in the order they should appear; pure, from stored state alone. */
export function surfacesOf(
  record: RequestRecord,
  context: SurfaceContext,
): readonly DesiredSurface[] {
  const thread = { channel: record.asked.channel, threadTs: record.asked.threadTs };
  const surfaces: DesiredSurface[] = [...cards(record, context, thread)];
  if (context.stuck !== undefined)
    surfaces.push({
      key: "stuck",
      ...thread,
      message: { text: messageText(stuckLine(record, context.stuck)) },
      once: false,
    });
  if (record.state === "refused" && record.refusal !== undefined) {
    surfaces.push({
      key: "refused",
      ...thread,
      message: renderRefusal(record.refusal, { to: record.asked.by.userId, isPosted: true }),
      once: true,
    });
  }
  for (const telling of tellingsOf(record)) surfaces.push(...told(record, telling));
  if (record.admission !== undefined) {
    const message = renderProgress(record, context);
    surfaces.push({ key: "progress", ...thread, message, once: false });
    surfaces.push(...moves(record, context.move, thread));
    surfaces.push(...results(record, context, thread));
    surfaces.push(...laterProblem(record, context.problem, thread));
  }
  surfaces.push(...reminders(record, context, thread));
  for (const telling of endOf(record)) surfaces.push(...told(record, telling));
  return surfaces;
}

/** The card, and what stands for it in the asking thread where it is elsewhere. */
function cards(
  record: RequestRecord,
  { approvalsChannel: channel }: SurfaceContext,
  thread: { readonly channel: string; readonly threadTs: string },
): readonly DesiredSurface[] {
  // One that was filled in from the cluster has no plan to show; its card still says what became of it.
  if (record.plan === undefined && record.card === undefined) return [];
  const card = { key: "card", message: renderCard(record), once: false };
  // Approvers do not see a direct message, so no card is in one.
  if (channel === undefined || channel === thread.channel)
    return isDirect(thread.channel) ? [] : [{ ...card, ...thread }];
  const text = mirrorLine(record, { channel, needsGateway: gatewayNote(record) });
  return [
    { ...card, channel, threadTs: undefined },
    { key: "mirror", ...thread, message: { text: messageText(text) }, once: false },
  ];
}

/** In the asking thread; where the card is elsewhere also in its thread, if somebody there made the decision. */
function told(
  { asked, card }: RequestRecord,
  { key, message, decision }: Telling,
): readonly DesiredSurface[] {
  const { channel, threadTs } = asked;
  const here = { key, channel, threadTs, message, once: true };
  const isOwn = decision === undefined || decision.by.userId === asked.by.userId;
  const place = card?.payload;
  if (isOwn || place === undefined || place.channel === channel) return [here];
  const there = { channel: place.channel, threadTs: place.threadTs };
  return [here, { key: `${key}-card`, ...there, message, once: true }];
}

/**
 * The progress message is final once the grant worked or ends: what keeps it from working later, or from being closed, is
 * told by itself, each time.
 */
function laterProblem(
  { state, activation }: RequestRecord,
  problem: SurfaceContext["problem"],
  thread: { readonly channel: string; readonly threadTs: string },
): readonly DesiredSurface[] {
  const isFinal = state === "ending" || (activation !== undefined && isLive(state));
  if (problem?.since === undefined || !isFinal) return [];
  const key = `problem-${problem.since}`;
  return [{ key, ...thread, message: { text: messageText(problemLine(problem)) }, once: true }];
}

function reminders(
  record: RequestRecord,
  { now }: SurfaceContext,
  thread: { readonly channel: string; readonly threadTs: string },
): readonly DesiredSurface[] {
  const due = reminderDue(record, now);
  return due === undefined
    ? []
    : [{ key: `ends-in-a-${due.name}`, ...thread, message: renderReminder(record), once: true }];
}

/** To who asked, and to the team, who tell whoever has to let the new prefix in; once for each prefix and time. */
function moves(
  record: RequestRecord,
  move: MoveTold | undefined,
  thread: { readonly channel: string; readonly threadTs: string },
): readonly DesiredSurface[] {
  if (move === undefined || record.state !== "applying") return [];
  const key = `moves-${move.at}-${move.prefix}`;
  const said = { message: renderMove(record, move), once: true } as const;
  const { channel } = move;
  return [
    { key, ...thread, ...said },
    ...(channel === undefined || channel === thread.channel
      ? []
      : [{ key: `${key}-team`, channel, threadTs: undefined, ...said }]),
  ];
}

function gatewayNote({ plan }: RequestRecord): string | undefined {
  if (plan === undefined || plan.steps.length === 0) return undefined;
  return `Then ${estimate(plan.steps)}: a new gateway is needed`;
}

function results(
  record: RequestRecord,
  { unprovenForMs, changed }: SurfaceContext,
  thread: { readonly channel: string; readonly threadTs: string },
): readonly DesiredSurface[] {
  const { evidence, state } = record;
  const surfaces: DesiredSurface[] = [];
  if (evidence?.egressIpPrefix !== undefined) {
    // A message of its own: phones copy whole messages. Also while unproven: the other side may have to let it in first.
    surfaces.push({
      key: `prefix-${evidence.egressIpPrefix}`,
      ...thread,
      message: { text: evidence.egressIpPrefix },
      once: true,
    });
  }
  if (evidence !== undefined && (state === "active" || state === "unproven")) {
    const givesUpAt =
      state === "unproven" && record.activation === undefined
        ? record.since + unprovenForMs
        : undefined;
    surfaces.push({
      key: RESULT,
      ...thread,
      message: renderResult(record, { givesUpAt }),
      once: false,
    });
  }
  // By itself, so that it notifies: an edit of the result notifies nobody.
  if (changed !== undefined) {
    const message = renderVerdictLine(record, changed);
    surfaces.push({ key: `verdict-${changed.at}`, ...thread, message, once: false });
  }
  return surfaces;
}
