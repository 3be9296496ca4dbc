import type { PlanDifference, RequestRecord } from "#src/domain/request/request.ts";
import type { ChatBlock } from "#src/ports/chat.ts";
import { preformatted, section } from "../render/blocks.ts";
import { checkLine } from "../render/result.ts";
import { code, count, literal } from "../render/text.ts";
import { type ModalView, textView } from "./reason-view.ts";

/** Every object of a plan, as YAML. */
export function planView(record: RequestRecord): ModalView {
  const { plan } = record;
  const differences = record.superseded?.at(-1)?.differences ?? [];
  if (plan === undefined) return textView("Plan", [section(`${code(record.id)} has no plan yet.`)]);
  return textView(`Plan of ${record.id}`, [
    section(
      [
        `*${count(plan.objectCount, "Istio object")}* of this grant, as they are applied. Digest ${code(plan.grantDigest)}.`,
        ...plan.steps.map(
          (step) =>
            `• ${step.kind} ${code(step.target)}: ${literal(JSON.stringify(step.spec), 600)}`,
        ),
      ].join("\n"),
    ),
    ...(differences.length === 0 ? [] : sinceBefore(differences)),
    ...preformatted(plan.yaml),
  ]);
}

function sinceBefore(differences: readonly PlanDifference[]): readonly ChatBlock[] {
  const lines = differences.flatMap(({ path, before, after }) => [
    path,
    ...(before === "" ? [] : [`- ${before}`]),
    ...(after === "" ? [] : [`+ ${after}`]),
  ]);
  return [section("*Since the plan that was approved before*"), ...preformatted(lines.join("\n"))];
}

/** The checks with the log lines they rest on. */
export function evidenceView(record: RequestRecord): ModalView {
  const { evidence } = record;
  const checks = [...(evidence?.removal?.checks ?? []), ...(evidence?.checks ?? [])];
  if (checks.length === 0)
    return textView("Evidence", [section(`${code(record.id)} was not verified yet.`)]);
  return textView(
    "Evidence",
    checks.flatMap((check) => [
      section(checkLine(check)),
      ...(check.lines.length === 0 ? [] : preformatted(check.lines.join("\n"))),
    ]),
  );
}
