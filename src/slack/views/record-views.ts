import type { Check } from "#src/domain/evidence/check.ts";
import type { AdoptionText } from "#src/domain/plan/adoption/adoption-text.ts";
import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import { asksSeveral } from "#src/domain/request/destinations-asked.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type {
  PlanDifference,
  PlannedDestination,
  RequestRecord,
} from "#src/domain/request/request.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { preformatted, section } from "../render/blocks.ts";
import { statusLine } from "../render/looking/board.ts";
import { grantText } from "../render/request/destinations.ts";
import { grantDetails, planDetails, stepDetails } from "../render/request/details.ts";
import { inSections } from "../render/request/result-of-each.ts";
import { checkLine } from "../render/request/result.ts";
import { code, moment } from "../render/text.ts";
import { type ModalView, textView } from "./reason-view.ts";

/** Everything about a plan, with every object of it as YAML. */
export function planView(record: RequestRecord): ModalView {
  const { plan } = record;
  const { destination, scope } = record.asked;
  const accounts = scope.serviceAccounts;
  const name = destination.via ?? destination.host;
  const differences = record.superseded?.at(-1)?.differences ?? [];
  if (plan === undefined) return textView("Plan", [section(`${code(record.id)} has no plan yet.`)]);
  return textView(`Plan of ${record.id}`, [
    section(planDetails(record, plan).join("\n")),
    ...plan.steps.map((step) => section(stepDetails(step))),
    ...(accounts.length === 0
      ? []
      : [section("*Service accounts*"), ...preformatted(accounts.join("\n"))]),
    ...(plan.each === undefined
      ? preformatted(`${name} resolves to ${plan.addresses.join(", ")} now`)
      : []),
    ...(plan.warnings.length === 0 ? [] : warningBlocks(plan.warnings)),
    ...adoptionBlocks(plan.adoption),
    ...grantsAsked(record).flatMap(({ id }, at) => plannedBlocks(record, id, plan.each?.[at])),
    ...(differences.length === 0 ? [] : sinceBefore(differences)),
    ...preformatted(plan.yaml),
  ]);
}

/** Of several destinations: what is said of each. */
function plannedBlocks(
  record: RequestRecord,
  id: string,
  planned: PlannedDestination | undefined,
): readonly ChatBlock[] {
  if (planned === undefined) return [];
  const { addresses, warnings, adoption } = planned;
  return [
    section(`*${grantText(record, id)}*`),
    ...preformatted([`resolves to ${addresses.join(", ")}`, ...warnings].join("\n")),
    ...adoptionBlocks(adoption),
  ];
}

function warningBlocks(warnings: readonly string[]): readonly ChatBlock[] {
  return [section("*Warnings*"), ...preformatted(warnings.join("\n"))];
}

function adoptionBlocks(adoption: AdoptionText | undefined): readonly ChatBlock[] {
  if (adoption === undefined) return [];
  const { headline, steps } = adoption;
  const lines = [headline, ...steps.map((step, at) => `${at + 1}. ${step}`)];
  return [section("*Moving here from what others made*"), ...preformatted(lines.join("\n"))];
}

function sinceBefore(differences: readonly PlanDifference[]): readonly ChatBlock[] {
  const lines = differences.flatMap(({ path, before, after }) => [
    path,
    ...(before === "" ? [] : [`- ${before}`]),
    ...(after === "" ? [] : [`+ ${after}`]),
  ]);
  return [section("*Since the plan that was approved before*"), ...preformatted(lines.join("\n"))];
}

/**
 * What a lane last saw of the grant in its cluster, then the checks of the stored request with the log lines they rest on:
 * those are what was true when they were made.
 */
export function evidenceView(
  record: RequestRecord,
  entry: BoardEntry | undefined,
  seen: Seen,
): ModalView {
  const { evidence, since } = record;
  const removal = evidence?.removal?.checks ?? [];
  const checks = evidence?.checks ?? [];
  const none =
    removal.length + checks.length === 0
      ? [section(`${code(record.id)} was not verified yet.`)]
      : [];
  return textView("Evidence", [
    section(statusLine(record, entry, seen)),
    ...inSections(grantDetails(record), 3000),
    ...advisoryBlocks(evidence),
    ...(asksSeveral(record.asked) ? evidenceOfEach(record) : none),
    ...adoptionBlocks(evidence?.adoption),
    ...checkBlocks(`After it ended, as of ${moment(since)}`, removal),
    ...checkBlocks(`Last verification, as of ${moment(evidence?.at ?? since)}`, checks),
  ]);
}

/** What is in the way of enforced, all of it. */
function advisoryBlocks(evidence: RequestRecord["evidence"]): readonly ChatBlock[] {
  const advisories = evidence?.advisories ?? [];
  if (advisories.length === 0) return [];
  return [section("*Why it is not enforced*"), ...preformatted(advisories.join("\n"))];
}

/** Few blocks for each, since a window has room for a hundred. */
function evidenceOfEach(record: RequestRecord): readonly ChatBlock[] {
  return grantsAsked(record).flatMap(({ id }) => {
    const seen = record.evidence?.grants?.[id];
    const checks = [...(seen?.removal?.checks ?? []), ...(seen?.checks ?? [])];
    const lines = checks.flatMap((check) => check.lines);
    const title = `*${grantText(record, id)}*`;
    if (seen === undefined) return [section(`${title} was not verified yet.`)];
    return [
      section([`${title}, as of ${moment(seen.at)}`, ...checks.map(checkLine)].join("\n")),
      ...(lines.length === 0 ? [] : preformatted(lines.join("\n")).slice(0, MOST_OF_EACH)),
      ...adoptionBlocks(seen.adoption).slice(0, 2),
    ];
  });
}

const MOST_OF_EACH = 6;

function checkBlocks(title: string, checks: readonly Check[]): readonly ChatBlock[] {
  if (checks.length === 0) return [];
  return [
    section(`*${title}*`),
    ...checks.flatMap((check) => [
      section(checkLine(check)),
      ...(check.lines.length === 0 ? [] : preformatted(check.lines.join("\n"))),
    ]),
  ];
}
