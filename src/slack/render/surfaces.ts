import type { Progress, RequestRecord } from "#src/domain/request/request.ts";
import { isLive } from "#src/domain/request/lifecycle.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { estimate } from "#src/domain/plan/infrastructure-steps.ts";
import type { ChatMessage } from "#src/ports/chat.ts";
import { renderCard } from "./card.ts";
import { mirrorLine, stuckLine } from "./outcome.ts";
import { renderProgress, renderStopped } from "./progress.ts";
import { renderRefusal } from "./refusal.ts";
import { renderEnded, renderResult } from "./result.ts";

/** One message a request should have now. */
export interface DesiredSurface {
  readonly key: string;
  readonly channel: string;
  readonly threadTs: string | undefined;
  readonly message: ChatMessage;
  /** Posted once and then left alone, so that it notifies and keeps its place. */
  readonly once: boolean;
}

export interface SurfaceContext {
  /** Where cards go, if not to the asking thread. */
  readonly approvalsChannel: string | undefined;
  readonly progress: Progress | undefined;
  readonly problem: Refusal | undefined;
  /** What keeps the request from going on, or did. */
  readonly stuck: { readonly why: string; readonly over: boolean } | undefined;
  readonly unprovenForMs: number;
}

/** Every message of a request, in the order they should appear; pure, from stored state alone. */
export function surfacesOf(
  record: RequestRecord,
  context: SurfaceContext,
): readonly DesiredSurface[] {
  const thread = { channel: record.asked.channel, threadTs: record.asked.threadTs };
  const { approvalsChannel } = context;
  const surfaces: DesiredSurface[] = [];
  const elsewhere = approvalsChannel !== undefined && approvalsChannel !== thread.channel;
  if (record.plan !== undefined) {
    const place = elsewhere ? { channel: approvalsChannel, threadTs: undefined } : thread;
    surfaces.push({ key: "card", ...place, message: renderCard(record), once: false });
    if (elsewhere)
      surfaces.push({
        key: "mirror",
        ...thread,
        message: { text: mirrorLine(record, gatewayNote(record)) },
        once: false,
      });
  }
  if (context.stuck !== undefined)
    surfaces.push({
      key: "stuck",
      ...thread,
      message: { text: stuckLine(record, context.stuck) },
      once: false,
    });
  if (record.state === "refused" && record.refusal !== undefined) {
    surfaces.push({
      key: "refused",
      ...thread,
      message: renderRefusal(record.refusal),
      once: true,
    });
  }
  if (record.admission !== undefined) {
    if (isLive(record.state)) {
      const message = renderProgress(record, context.progress, context.problem);
      surfaces.push({ key: "progress", ...thread, message, once: false });
    } else if (record.activation === undefined) {
      surfaces.push({ key: "progress", ...thread, message: renderStopped(record), once: false });
    }
    surfaces.push(...results(record, context, thread));
  }
  return surfaces;
}

function gatewayNote({ plan }: RequestRecord): string | undefined {
  if (plan === undefined || plan.steps.length === 0) return undefined;
  return `Then ${estimate(plan.steps)}: a new gateway is needed`;
}

function results(
  record: RequestRecord,
  { unprovenForMs }: SurfaceContext,
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
      key: `result-${evidence.serial}`,
      ...thread,
      message: renderResult(record, { givesUpAt }),
      once: true,
    });
  }
  if (state === "ended")
    surfaces.push({ key: "ended", ...thread, message: renderEnded(record), once: true });
  return surfaces;
}
