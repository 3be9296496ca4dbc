import type { Reading, Suggestion } from "../command.ts";
import type { Names } from "../names.ts";
import { toCopy } from "../strict/usage.ts";

/** What is said around the lines. */
export interface Around {
  /** Why it is not simply carried out. */
  readonly why?: string;
  /** Each line is a request of its own, not one of several readings. */
  readonly isEachItsOwn?: boolean;
  /** Replaces "Did you mean". */
  readonly intro?: string;
  /** Sentences, each with what ends it. */
  readonly notes?: readonly string[];
}

/** A line longer than this is shown cut; a message has at most 4000 characters. */
const SHOWN = 600;

/** Asks whether one of the readings was meant, with everything read back. */
export function suggest(
  readings: readonly [Reading, ...(readonly Reading[])],
  around: Around,
  names: Names,
): Suggestion {
  const [first, ...others] = readings;
  const sentences = [
    around.why === undefined ? "" : sentence(around.why),
    question(readings, around, names),
    others.length === 0 ? readBack(first) : "",
    ...(around.notes ?? []),
  ];
  return {
    kind: "suggestion",
    ...first,
    others,
    text: sentences.filter((each) => each !== "").join(" "),
  };
}

function question(
  readings: readonly [Reading, ...(readonly Reading[])],
  { isEachItsOwn = false, intro }: Around,
  names: Names,
): string {
  const lines = readings.map((reading) => lineToCopy(reading, names));
  if (isEachItsOwn && lines.length > 1)
    return `${intro ?? "A check is of one destination."} Write each in a message of its own: ${listed(lines, "and")}.`;
  if (lines.length > 1) return `${intro ?? "Did you mean:"} ${listed(lines, "or")}?`;
  if (intro !== undefined) return `${intro} Write ${listed(lines, "or")}.`;
  return isComplete(readings[0])
    ? `Did you mean: ${listed(lines, "or")}?`
    : `Did you mean to ask for that? Write ${listed(lines, "or")}.`;
}

/** Whether it may be asked as it stands: a request has its reason. */
export function isComplete({ line }: Pick<Reading, "line">): boolean {
  return !line.startsWith("allow ") || line.includes(" because ");
}

/** What a request lacks is shown as a gap. */
export function lineToCopy(reading: Pick<Reading, "line">, names: Names): string {
  const { line } = reading;
  const cut = line.length > SHOWN ? `${line.slice(0, SHOWN).toWellFormed()}…` : line;
  return toCopy(isComplete(reading) ? cut : `${cut} because …`, names);
}

export function listed(items: readonly string[], word: "and" | "or"): string {
  return items.length < 2
    ? items.join("")
    : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1) ?? ""}`;
}

function readBack({ parts }: Reading): string {
  const said = parts.map(([name, value]) =>
    name === "reason" ? "the reason as it stands there" : `${name} \`${value}\``,
  );
  return `I read: ${said.join(", ")}.`;
}

export function sentence(text: string): string {
  const isWord = /^[a-z]+(?:[,;]?\s|$)/.test(text);
  const first = isWord ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
  return `${first}.`;
}
