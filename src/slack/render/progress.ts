import type { Progress, ProgressLine, RequestRecord } from "#src/domain/request/request.ts";
import type { Refusal } from "#src/domain/outcome.ts";
import { USUALLY } from "#src/domain/plan/infrastructure-steps.ts";
import type { ChatMessage } from "#src/ports/chat.ts";
import { section } from "./blocks.ts";
import { outcomeLine } from "./outcome.ts";
import { code, inline, moment } from "./text.ts";

const SIGNS: Readonly<Record<ProgressLine["status"], string>> = {
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
  failed: "held up",
  todo: "to do",
};

/** The one progress message of a request, edited in place: each wait says for what, since when, and how long it usually takes. */
export function renderProgress(
  record: RequestRecord,
  progress: Progress | undefined,
  problem: Refusal | undefined,
): ChatMessage {
  const built = progress?.lines ?? [];
  const lines = [
    ...built,
    ...ownLines(
      record,
      built.every(({ status }) => status === "done"),
    ),
  ];
  const current = lines.find(({ status }) => status !== "done") ?? lines.at(-1);
  const text = `${record.id}: ${current === undefined ? "in progress" : `${inline(current.text)} (${STATUS_WORDS[current.status]})`}`;
  const shown = [
    `*Building ${code(record.id)}*`,
    ...lines.map(lineText),
    ...(problem === undefined
      ? []
      : [
          `:warning: ${inline(problem.what)}: ${inline(problem.why, 600)}. ${inline(problem.fix, 300)}.`,
        ]),
  ];
  return { text, blocks: [section(shown.join("\n"))] };
}

/** What was being built, and ended before it was. */
export function renderStopped(record: RequestRecord): ChatMessage {
  const line = `*Building ${code(record.id)}* was stopped: ${outcomeLine(record)}`;
  return { text: `${record.id}: stopped`, blocks: [section(line)] };
}

function lineText({ status, text, since, usually }: ProgressLine): string {
  const started = since === undefined ? "" : `, since ${moment(since)}`;
  const expected = usually === undefined || status === "done" ? "" : `, usually ${usually}`;
  return `${SIGNS[status]} ${inline(text, 400)}: ${STATUS_WORDS[status]}${started}${expected}`;
}

/** The two steps that are not Azure's. */
function ownLines(record: RequestRecord, isBuilt: boolean): readonly ProgressLine[] {
  const { state, since } = record;
  const applying = state === "applying";
  const verifying = state === "verifying";
  const placed: ProgressLine["status"] = !applying ? "done" : isBuilt ? "running" : "todo";
  return [
    {
      step: "istio-objects",
      status: placed,
      text: "Istio objects",
      usually: USUALLY["istio-objects"],
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
