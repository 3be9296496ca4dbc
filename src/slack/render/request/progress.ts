import { formatDuration } from "#src/domain/time/duration.ts";
import type { Progress, ProgressLine, RequestRecord } from "#src/domain/request/request.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { USUALLY } from "#src/domain/plan/azure/infrastructure-steps.ts";
import type { MoveTold } from "#src/domain/request/move-told.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { section } from "../blocks.ts";
import { outcomeLine } from "./outcome.ts";
import { code, inline, messageText, moment, utc } from "../text.ts";

export const SIGNS: Readonly<Record<ProgressLine["status"], string>> = {
  done: ":white_check_mark:",
  running: ":hourglass_flowing_sand:",
  waiting: ":hourglass_flowing_sand:",
  failed: ":warning:",
  todo: ":white_small_square:",
};

const STATUS_WORDS: Readonly<Record<ProgressLine["status"], string>> = {
  done: "done",
  running: "running",
  waiting: "waiting",
  failed: "failing, tried again",
  todo: "to do",
};

/**
 * The one progress message of an admitted request, edited in place: each wait says for what, since when, and how long it
 * usually takes. The request's state comes before what a lane last stored of its steps: once it was proven, or has ended,
 * the message is final.
 */
export function renderProgress(
  record: RequestRecord,
  {
    progress,
    problem,
    move,
  }: {
    readonly progress: Progress | undefined;
    readonly problem: Refusal | undefined;
    readonly move: MoveTold | undefined;
  },
): ChatMessage {
  const { id, state, admission, activation } = record;
  if (activation !== undefined)
    return final(
      record,
      `done in ${formatDuration(activation.payload.at - (admission?.payload.at ?? activation.payload.at))}`,
    );
  if (state === "ending" || state === "ended")
    return final(record, `stopped: ${outcomeLine(record)}`);
  const lines = stepsOf(record, progress, move);
  const current = lines.find(({ status }) => status !== "done") ?? lines.at(-1);
  const text = `${id}: ${current === undefined ? "in progress" : `${inline(current.text)} (${STATUS_WORDS[current.status]})`}`;
  const shown = [
    `*Building ${code(id)}*`,
    ...lines.map(lineText),
    ...(problem === undefined ? [] : [problemLine(problem)]),
  ];
  return { text: messageText(text), blocks: [section(shown.join("\n"))] };
}

function final({ id }: RequestRecord, what: string): ChatMessage {
  return {
    text: messageText(`${id}: ${what}`),
    blocks: [section(`${code(id)}: ${what}`)],
  };
}

export function problemLine({ what, why, fix }: Refusal): string {
  return `:warning: ${inline(what)}: ${inline(why, 600)}. ${inline(fix, 300)}.`;
}

function lineText({ status, text, since, usually }: ProgressLine): string {
  const started = since === undefined ? "" : `, since ${moment(since)}`;
  const expected = usually === undefined || status === "done" ? "" : `, usually ${usually}`;
  return `${SIGNS[status]} ${inline(text, 400)}: ${STATUS_WORDS[status]}${started}${expected}`;
}

/** Azure's steps as the lane stored them, done once the objects that need them are in place; then our own two. */
function stepsOf(
  record: RequestRecord,
  progress: Progress | undefined,
  move: MoveTold | undefined,
): readonly ProgressLine[] {
  const stored = progress?.lines ?? [];
  const built =
    record.state === "applying"
      ? stored
      : stored.map(({ step, text }): ProgressLine => ({ step, text, status: "done" }));
  const isBuilt = built.every(({ status }) => status === "done");
  return [...built, ...ownSteps(record, { isBuilt, move })];
}

function ownSteps(
  record: RequestRecord,
  { isBuilt, move }: { readonly isBuilt: boolean; readonly move: MoveTold | undefined },
): readonly ProgressLine[] {
  const { state, since } = record;
  const applying = state === "applying";
  const verifying = state === "verifying";
  const placed: ProgressLine["status"] = !applying ? "done" : isBuilt ? "running" : "todo";
  return [
    {
      step: "istio-objects",
      ...(applying && move !== undefined
        ? standsBy(move)
        : { status: placed, text: "Istio objects", usually: USUALLY["istio-objects"] }),
    },
    {
      step: "verification",
      status: applying ? "todo" : verifying ? "running" : state === "unproven" ? "failed" : "done",
      text: "verifying with a real probe",
      usually: USUALLY.verification,
      ...(verifying ? { since } : {}),
    },
  ];
}

/** The gateway's side is in place. */
function standsBy({ at, to }: MoveTold): Pick<ProgressLine, "status" | "text"> {
  const text = `ready at gateway ${to}; the traffic changes over from ${utc(at)} on`;
  return { status: "waiting", text };
}
