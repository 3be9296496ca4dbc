import type { AdminRecord, Progress, RequestDecision } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { section } from "../blocks.ts";
import { named } from "../people.ts";
import { renderRefusal } from "../refusal.ts";
import { byWhom, fallenWords, lastApproval, lastNo } from "../request/outcome.ts";
import { problemLine } from "../request/progress.ts";
import type { DesiredSurface, SurfaceContext } from "../request/surfaces.ts";
import { code, inline, messageText } from "../text.ts";
import { adminCard } from "./card.ts";
import { adminOpening, adminOutcome, orderText, STATUS_SIGNS } from "./words.ts";

/** Every message of an order, in the order they should appear; pure, from stored state alone. */
export function adminSurfaces(
  record: AdminRecord,
  { approvalsChannel, progress, problem, stuck }: SurfaceContext,
): readonly DesiredSurface[] {
  const { asked, plan, state } = record;
  const thread = { channel: asked.channel, threadTs: asked.threadTs };
  const surfaces: DesiredSurface[] = [];
  const elsewhere = approvalsChannel !== undefined && approvalsChannel !== thread.channel;
  if (plan !== undefined) {
    const place = elsewhere ? { channel: approvalsChannel, threadTs: undefined } : thread;
    surfaces.push({ key: "card", ...place, message: adminCard(record), once: false });
    if (elsewhere)
      surfaces.push({ key: "mirror", ...thread, message: plain(mirror(record)), once: false });
  }
  if (stuck !== undefined && !stuck.over)
    surfaces.push({
      key: "stuck",
      ...thread,
      message: plain(`:warning: ${code(record.id)} does not go on: ${inline(stuck.why, 600)}.`),
      once: false,
    });
  if (state === "refused" && record.refusal !== undefined)
    surfaces.push({
      key: "refused",
      ...thread,
      message: renderRefusal(record.refusal, { to: asked.by.userId, isPosted: true }),
      once: true,
    });
  for (const { key, text, decision } of tellings(record)) {
    surfaces.push({ key, ...thread, message: plain(text), once: true });
    if (elsewhere && decision !== undefined && decision.by.userId !== asked.by.userId)
      surfaces.push(...besideCard(record, { key: `${key}-card`, text }));
  }
  if (state === "applying" || state === "ended") {
    const message = progressOf(record, progress, problem);
    surfaces.push({ key: "progress", ...thread, message, once: false });
  }
  if (state === "ended")
    surfaces.push({ key: "done", ...thread, message: plain(doneText(record)), once: true });
  return surfaces;
}

function besideCard(
  { card }: AdminRecord,
  { key, text }: { readonly key: string; readonly text: string },
): readonly DesiredSurface[] {
  if (card === undefined) return [];
  const { channel, threadTs } = card.payload;
  return [{ key, channel, threadTs, message: plain(text), once: true }];
}

interface Telling {
  readonly key: string;
  readonly text: string;
  readonly decision: RequestDecision | undefined;
}

/** Every decision is named and its author mentioned: that is how somebody finds out that one was made in their name. */
function tellings(record: AdminRecord): readonly Telling[] {
  const { state, superseded, decisions } = record;
  const approval = lastApproval(record);
  const no = lastNo(record);
  if (approval !== undefined && (state === "applying" || state === "ended"))
    return [
      {
        key: "admitted-by",
        text: `${adminOpening(record)}: approved${byWhom(approval)}; the approval is recorded in the cluster.${named(approval)}`,
        decision: approval,
      },
    ];
  if (approval !== undefined && (state === "pending" || state === "refused")) {
    const why = superseded?.at(-1)?.why;
    const count = decisions.filter(({ payload }) => payload.verdict === "approve").length;
    return [
      {
        key: `fell-${count}`,
        text: `${adminOpening(record)}: the approval${byWhom(approval)} does not count any more${why === undefined ? "" : `: ${fallenWords(why)}`}. Nothing was removed.${named(approval)}`,
        decision: approval,
      },
    ];
  }
  if (state === "denied" || state === "cancelled" || state === "lapsed")
    return [
      {
        key: state,
        text: `${adminOpening(record)}: ${adminOutcome(record)} Nothing was removed.${named(no)}`,
        decision: no,
      },
    ];
  return [];
}

function mirror(record: AdminRecord): string {
  return `${code(record.id)} ${orderText(record.asked)}: ${adminOutcome(record)}`;
}

function progressOf(
  record: AdminRecord,
  progress: Progress | undefined,
  problem: SurfaceContext["problem"],
): ChatMessage {
  const { id, state, asked } = record;
  if (state === "ended") return plain(`${code(id)} ${orderText(asked)}: done`);
  const lines = (progress?.lines ?? []).map(
    ({ status, text, usually }) =>
      `${STATUS_SIGNS[status]} ${inline(text, 400)}${usually === undefined || status === "done" ? "" : `, usually ${usually}`}`,
  );
  const shown = [
    `*${code(id)}* ${orderText(asked)}`,
    ...lines,
    ...(problem === undefined ? [] : [problemLine(problem)]),
  ];
  return { text: messageText(`${id}: being carried out`), blocks: [section(shown.join("\n"))] };
}

function doneText(record: AdminRecord): string {
  const { left } = record;
  const stays = (left ?? []).map((each) => `stays: ${inline(each, 300)}`);
  return `${adminOpening(record)}: done.${stays.length === 0 ? "" : ` ${stays.join("; ")}.`}`;
}

function plain(text: string): ChatMessage {
  return { text: messageText(text) };
}
