import type { AdminRecord, Progress, RequestDecision } from "#src/domain/request/request.ts";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { section } from "../blocks.ts";
import { named } from "../people.ts";
import { isDirect } from "../direct.ts";
import { renderRefusal } from "../refusal.ts";
import { byWhom, fallenWords, lastApproval, lastNo } from "../request/outcome.ts";
import { problemLine, SIGNS } from "../request/progress.ts";
import type { DesiredSurface, SurfaceContext } from "../request/surfaces.ts";
import { code, inline, messageText } from "../text.ts";
import { adminCard } from "./card.ts";
import { adminOpening, adminOutcome, doneWord, ORDER_WORDS, orderText } from "./words.ts";

/** Every message of an order, in the order they should appear; pure, from stored state alone. */
export function adminSurfaces(
  record: AdminRecord,
  context: SurfaceContext,
): readonly DesiredSurface[] {
  return [
    ...cards(record, context),
    ...troubles(record, context),
    ...told(record, context),
    ...results(record, context),
  ];
}

function threadOf({ asked }: AdminRecord) {
  return { channel: asked.channel, threadTs: asked.threadTs };
}

function isElsewhere({ asked }: AdminRecord, channel: string | undefined): channel is string {
  return channel !== undefined && channel !== asked.channel;
}

function cards(
  record: AdminRecord,
  { approvalsChannel: channel }: SurfaceContext,
): readonly DesiredSurface[] {
  if (record.plan === undefined) return [];
  const thread = threadOf(record);
  const card = { key: "card", message: adminCard(record), once: false };
  // Approvers do not see a direct message.
  if (!isElsewhere(record, channel))
    return isDirect(thread.channel) ? [] : [{ ...card, ...thread }];
  return [
    { ...card, channel, threadTs: undefined },
    { key: "mirror", ...thread, message: plain(mirror(record)), once: false },
  ];
}

function troubles(record: AdminRecord, { stuck }: SurfaceContext): readonly DesiredSurface[] {
  const { id, state, refusal, asked } = record;
  const thread = threadOf(record);
  const surfaces: DesiredSurface[] = [];
  if (stuck !== undefined)
    surfaces.push({
      key: "stuck",
      ...thread,
      message: plain(
        stuck.over
          ? `:white_check_mark: ${code(id)} goes on: what it waited for is over.`
          : `:warning: ${code(id)} does not go on: ${inline(stuck.why, 600)}.`,
      ),
      once: false,
    });
  if (state === "refused" && refusal !== undefined)
    surfaces.push({
      key: "refused",
      ...thread,
      message: renderRefusal(refusal, { to: asked.by.userId, isPosted: true }),
      once: true,
    });
  return surfaces;
}

function told(
  record: AdminRecord,
  { approvalsChannel }: SurfaceContext,
): readonly DesiredSurface[] {
  const telling = tellingOf(record);
  if (telling === undefined) return [];
  const { key, text, decision } = telling;
  const here = { key, ...threadOf(record), message: plain(text), once: true };
  const isOthers = decision !== undefined && decision.by.userId !== record.asked.by.userId;
  return isOthers && isElsewhere(record, approvalsChannel)
    ? [here, ...besideCard(record, { key: `${key}-card`, text })]
    : [here];
}

function results(
  record: AdminRecord,
  { progress, problem }: SurfaceContext,
): readonly DesiredSurface[] {
  const { state } = record;
  if (state !== "applying" && state !== "ended") return [];
  const thread = threadOf(record);
  const message = progressOf(record, progress, problem);
  const shown = { key: "progress", ...thread, message, once: false };
  return state === "ended"
    ? [shown, { key: "done", ...thread, message: plain(doneText(record)), once: true }]
    : [shown];
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
function tellingOf(record: AdminRecord): Telling | undefined {
  return TELLINGS[record.state]?.(record);
}

const TELLINGS: Readonly<
  Partial<Record<RequestState, (record: AdminRecord) => Telling | undefined>>
> = {
  applying: admitted,
  ended: admitted,
  pending: fallen,
  refused: fallen,
  denied: notDone,
  cancelled: notDone,
  lapsed: notDone,
};

function admitted(record: AdminRecord): Telling | undefined {
  const decision = lastApproval(record);
  if (decision === undefined) return undefined;
  const text = `${adminOpening(record)}: approved${byWhom(decision)}; the approval is recorded in the cluster.${named(decision)}`;
  return { key: "admitted-by", text, decision };
}

function fallen(record: AdminRecord): Telling | undefined {
  const { superseded, decisions } = record;
  const decision = lastApproval(record);
  if (decision === undefined) return undefined;
  const last = superseded?.at(-1);
  const why = last === undefined ? "" : `: ${fallenWords(last.why)}`;
  const count = decisions.filter(({ payload }) => payload.verdict === "approve").length;
  const text = `${adminOpening(record)}: the approval${byWhom(decision)} does not count any more${why}. ${wordsOf(record).nothing}${named(decision)}`;
  return { key: `fell-${count}`, text, decision };
}

function notDone(record: AdminRecord): Telling {
  const decision = lastNo(record);
  const text = `${adminOpening(record)}: ${adminOutcome(record)} ${wordsOf(record).nothing}${named(decision)}`;
  return { key: record.state, text, decision };
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
  if (state === "ended") return plain(`${code(id)} ${orderText(asked)}: ${doneWord(record)}`);
  const lines = (progress?.lines ?? []).map(
    ({ status, text, usually }) =>
      `${SIGNS[status]} ${inline(text, 400)}${usually === undefined || status === "done" ? "" : `, usually ${usually}`}`,
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
  const stays = (left ?? []).map((each) => inline(each, 300));
  return `${adminOpening(record)}: ${doneWord(record)}.${stays.length === 0 ? "" : ` What ${wordsOf(record).stays}: ${stays.join("; ")}.`}`;
}

function wordsOf({ asked }: AdminRecord) {
  return ORDER_WORDS[asked.order.kind];
}

function plain(text: string): ChatMessage {
  return { text: messageText(text) };
}
