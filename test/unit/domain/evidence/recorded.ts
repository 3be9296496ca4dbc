import type { AccessLogLine } from "#src/domain/evidence/log/access-log.ts";
import type { Hop } from "#src/domain/evidence/explain.ts";
import { parsedLine, type Recorded, recordedFaults, recordedLines } from "./recorded-lines.ts";

/** The one recorded fault about which the comment says so. */
export function fault(about: string): Recorded {
  return only(
    recordedFaults().filter((one) => one.about.includes(about)),
    about,
  );
}

/** The one line of the TEXT recording, of that hop, that holds all the words. */
export function line(hop: Hop, ...words: readonly string[]): AccessLogLine {
  const found = recordedLines("text").filter(
    (one) => one.hop === hop && words.every((word) => one.raw.includes(word)),
  );
  return parsedLine(only(found, words.join(", ")));
}

function only(found: readonly Recorded[], what: string): Recorded {
  const [first] = found;
  if (first === undefined || found.length !== 1)
    throw new Error(`${found.length} recorded lines are about ${what}`);
  return first;
}
