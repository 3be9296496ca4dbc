import type { DestinationQuestion } from "../../network/destination-question.ts";
import { parseDestination } from "../../network/destination.ts";
import { withTerms } from "../../network/terms.ts";
import { isRefusal, type Refusal, refuse } from "../../outcome.ts";
import type { Clauses } from "../strict/clauses.ts";
import type { Parsed, Reading, Suggestion } from "../command.ts";
import { type Draft, readingOf } from "../strict/line.ts";
import { draftsOf, readSeveral } from "../strict/several.ts";
import type { Names } from "../names.ts";
import { withReadyLine } from "../strict/ready-line.ts";
import { commandsIn } from "../strict/several-commands.ts";
import { readStrictly } from "../strict/strict.ts";
import { lineToCopy, listed, sentence, suggest } from "./suggestion.ts";
import { readingsOfReason } from "../reason/unclear-reason.ts";

/** A request as it was understood, which nobody wrote as a line of the strict grammar. */
export interface Understood {
  readonly kind: "allow" | "check";
  /** As one writes them, not yet read. */
  readonly destinations: readonly string[];
  readonly clauses: Omit<Clauses, "destination">;
  readonly intro?: string;
  readonly notes: readonly string[];
}

/** Lines shown in one answer. */
const MOST = 10;

/** Asks with lines to copy, or says why none of the destinations can be asked for. */
export function answerUnderstood(understood: Understood, names: Names): Parsed | Suggestion {
  const { notes, intro } = understood;
  if (asksMany(understood)) return answerMany(understood, names);
  const found = understood.destinations.map((typed) => parseDestination(typed));
  const questions = found.filter((each) => each.outcome === "question");
  const asked = found.flatMap((each, at) => {
    if (each.outcome === "refusal") return [];
    if (each.outcome === "destination") return [understood.destinations[at] ?? ""];
    return found.length === 1 || each.likely ? each.options : [];
  });
  const readings = readingsOf(understood, asked, names);
  const [first, ...others] = readings;
  const [no = refusedTerms(understood, asked, names)] = found.filter((each) => isRefusal(each));
  const [only] = questions;
  if (first === undefined)
    return { kind: "refusal", refusal: no ?? wayOut(only ?? NOTHING, readings, names) };
  if (found.length === 1 && only !== undefined && !only.likely)
    return { kind: "refusal", refusal: wayOut(only, readings, names) };
  return suggest(
    [first, ...others],
    {
      ...(found.length === 1 && only !== undefined ? { why: only.why } : {}),
      ...(intro === undefined ? {} : { intro }),
      isEachItsOwn: found.length > 1,
      notes: [...leftOpen(found), ...notes],
    },
    names,
  );
}

function asksMany({ kind, destinations }: Understood): boolean {
  return kind === "allow" && destinations.length > 1;
}

/** Several hosts are asked for in one request: one line, with what of them has none. */
function answerMany(understood: Understood, names: Names): Parsed | Suggestion {
  const { destinations, clauses, notes, intro } = understood;
  const found = destinations.map((typed) => parseDestination(typed));
  const all = readPlainly(destinations);
  const good = destinations.filter((_, at) => isToAsk(found[at]));
  const read = "outcome" in all ? readPlainly(good) : all;
  if ("outcome" in read || good.length === 0)
    return { kind: "refusal", refusal: "outcome" in all ? all : wayOut(NOTHING, [], names) };
  const { terms: _terms, several: _several, ...others } = clauses;
  const [first, ...more] = acceptedOf(draftsOf(read, others, names), names);
  if (first === undefined) return { kind: "refusal", refusal: wayOut(NOTHING, [], names) };
  return suggest(
    [first, ...more],
    { ...(intro === undefined ? {} : { intro }), notes: [...leftOpen(found), ...notes] },
    names,
  );
}

/** Nothing is said of any of them. */
function readPlainly(destinations: readonly string[]): ReturnType<typeof readSeveral> {
  return readSeveral(
    destinations.map((typed) => ({ typed, terms: {} })),
    {},
  );
}

function isToAsk(found: ReturnType<typeof parseDestination> | undefined): boolean {
  if (found === undefined || isRefusal(found)) return false;
  return found.outcome === "destination" || found.likely;
}

/** Asks which of several drafts is meant. */
export function answerDrafts(
  drafts: readonly Draft[],
  why: string,
  names: Names,
): Parsed | Suggestion {
  const [first, ...others] = acceptedOf(drafts, names);
  return first === undefined
    ? { kind: "refusal", refusal: wayOut(NOTHING, [], names) }
    : suggest([first, ...others], { why }, names);
}

/** The drafts as lines, those alone that are carried out when they are written. */
export function acceptedOf(drafts: readonly Draft[], names: Names): readonly Reading[] {
  const readings = new Map(
    drafts.map((draft) => readingOf(draft)).map((each) => [each.line, each]),
  );
  return [...readings.values()]
    .filter(
      ({ line }) =>
        readStrictly(line, names).kind === "command" && commandsIn(line, names).length < 2,
    )
    .slice(0, MOST);
}

function readingsOf(
  { kind, clauses: { terms = {}, ...clauses } }: Understood,
  destinations: readonly string[],
  names: Names,
): readonly Reading[] {
  const drafts = destinations.flatMap((typed) => {
    const found = parseDestination(typed);
    if (found.outcome !== "destination") return [];
    const destination = withTerms(found.destination, terms, { clusterDomains: [] });
    return isRefusal(destination) ? [] : readingsOfReason({ ...clauses, kind, destination }, names);
  });
  return acceptedOf(drafts, names);
}

/** Why what is said of a destination does not go with it. */
function refusedTerms(
  { kind, clauses: { terms = {}, ...clauses } }: Understood,
  destinations: readonly string[],
  names: Names,
): Refusal | undefined {
  for (const typed of destinations) {
    const found = parseDestination(typed);
    if (found.outcome !== "destination") continue;
    const { destination: plain } = found;
    const refusal = withTerms(plain, terms, { clusterDomains: [] });
    if (isRefusal(refusal))
      return withReadyLine(refusal, { ...clauses, kind, plain, terms }, names);
  }
  return undefined;
}

/** What of several destinations has no line. */
function leftOpen(found: readonly ReturnType<typeof parseDestination>[]): readonly string[] {
  if (found.length === 1) return [];
  return found.flatMap((each) => {
    if (isRefusal(each))
      return [
        sentence(`${each.what.replace(" was not requested", "")} cannot be asked for: ${each.why}`),
      ];
    if (each.outcome === "question") return [sentence(`\`${each.subject}\`: ${each.why}`)];
    return [];
  });
}

/** A question none of whose options is likely: a "no", with what would be accepted. */
export function wayOut(
  { reason, subject, why, condition }: DestinationQuestion,
  readings: readonly Reading[],
  names: Names,
): Refusal {
  const lines = readings.map((reading) => lineToCopy(reading, names));
  return refuse(reason, {
    what: `egress to ${subject} was not requested`,
    why,
    fix:
      lines.length === 0
        ? "write it like `allow edition.cnn.com:443 for team-x because weather feed`"
        : `${condition}, write ${listed(lines, "or")}`,
  });
}

const NOTHING: DestinationQuestion = {
  outcome: "question",
  reason: "NotUnderstood",
  subject: "it",
  why: "the message is not understood",
  options: [],
  likely: false,
  condition: "",
};
