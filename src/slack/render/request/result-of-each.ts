import { type Check, type Evidence, NEEDED_CHECKS } from "#src/domain/evidence/check.ts";
import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatBlock } from "#src/ports/chat/chat.ts";
import { section } from "../blocks.ts";
import { count, inline } from "../text.ts";
import { grantText } from "./destinations.ts";

/** Lines of one section: ten hosts may be as long as hosts are. */
const LINES = 5;
const CHARACTERS = 2600;

/** The verdict of each destination in a line of its own. */
export function verdictBlocks(record: RequestRecord): readonly ChatBlock[] {
  return inSections(
    grantsAsked(record).map(({ id }) => verdictLine(record, id)),
    CHARACTERS,
  );
}

/** One line of each destination. `limit`: characters of a section. */
export function inSections(lines: readonly string[], limit: number): readonly ChatBlock[] {
  const blocks: ChatBlock[] = [];
  for (let start = 0; start < lines.length; start += LINES)
    blocks.push(section(lines.slice(start, start + LINES).join("\n"), limit));
  return blocks;
}

function verdictLine(record: RequestRecord, id: string): string {
  const text = grantText(record, id);
  if (record.endedAlone?.[id] !== undefined) return `:black_small_square: ${text}: ended`;
  const evidence = record.evidence?.grants?.[id];
  if (evidence === undefined) return `:warning: ${text}: not looked at yet`;
  const { verdict, advisories } = evidence;
  if (verdict === "enforced") return `:white_check_mark: ${text}: active and enforced`;
  const [first = "", ...more] = advisories;
  const rest = more.length === 0 ? "" : ` and ${more.length} more`;
  return verdict === "advisory"
    ? `:white_check_mark: ${text}: active, advisory: ${inline(first, 150)}${rest}`
    : `:warning: ${text}: unproven: ${whyUnproven(evidence, 250)}`;
}

/** The first check without which nothing is proven. `limit`: characters. */
export function whyUnproven(evidence: Evidence | undefined, limit: number): string {
  const failed = evidence?.checks.find(
    ({ name, verdict }) => NEEDED_CHECKS.includes(name) && verdict !== "passed",
  );
  return failed === undefined ? "no check could run" : inline(failed.explanation, limit);
}

/** How many of those that go on are not proven. */
export function unprovenText(record: RequestRecord): string {
  const { evidence, endedAlone = {} } = record;
  const open = grantsAsked(record).filter(({ id }) => endedAlone[id] === undefined);
  const proven = open.filter(({ id }) => {
    const verdict = evidence?.grants?.[id]?.verdict;
    return verdict === "advisory" || verdict === "enforced";
  });
  return `${open.length - proven.length} of ${count(open.length, "destination")} not seen to work`;
}

/** What was seen of the refusal of each, once it ended: one check says it. */
export function removalBlocks(
  record: RequestRecord,
  signs: Readonly<Record<Check["verdict"], string>>,
): readonly ChatBlock[] {
  const lines = grantsAsked(record).flatMap(({ id }) =>
    (record.evidence?.grants?.[id]?.removal?.checks ?? [])
      .slice(0, 1)
      .map(
        ({ verdict, explanation }) =>
          `${signs[verdict]} ${grantText(record, id)}: ${inline(explanation, 200)}`,
      ),
  );
  return inSections(lines, CHARACTERS);
}
